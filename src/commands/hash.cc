// Hashes: the family's list, and what is known of the type beyond its commands.
#include "commands/hash.h"

#include "commands/families.h"
#include "commands/hash_rdb.h"
#include "commands/hash_value.h"
#include "commands/join_rows.h"

namespace gotthard {
namespace {

HashTable& TableOf(void* object) {
  return *static_cast<HashTable*>(object);
}
const HashTable& TableOf(const void* object) {
  return *static_cast<const HashTable*>(object);
}

constexpr ObjectOps kOps = {
    .destroy = [](void* object) { delete &TableOf(object); },
    .clone = [](const void* object) -> void* { return TableOf(object).Clone().release(); },
    .memory_bytes = [](const void* object) { return TableOf(object).memory_bytes(); },
    .free_effort = [](const void* object) { return TableOf(object).free_effort(); },
    .next_expiry_ms = [](const void* object) { return TableOf(object).next_expiry_ms(); },
    .begin_copy = [](const void* object) { return TableOf(object).BeginCopy(); },
    .elements = [](const void* object) { return &TableOf(object).table(); },
};

void Digest(const Entry& entry, DataDigest& digest) {
  auto add = [&](std::string_view name, std::string_view value) {
    DataDigest field;
    field.Mix(name);
    field.Mix(value);
    digest.Add(field.bytes());
  };
  if (entry.is_object()) {
    TableOf(entry.object()).ForEach([&](const HashField& field) {
      add(field.field(), field.value());
    });
    return;
  }
  const bool with_expiry = entry.encoding() == Encoding::kListpackEx;
  PackedHash(entry.bytes(), with_expiry).ForEach([&](const PackedField& field) {
    char digits[2][24];
    add(field.field.Text(digits[0]), field.value.Text(digits[1]));
  });
}

}  // namespace

std::span<const CommandSpec> HashCommands() {
  static const std::vector<CommandSpec> kRows =
      JoinRows({HashWriteRows(), HashReadRows(), HashExpireRows(), HashGetexRows()});
  return kRows;
}

TypeHooks HashHooks() {
  return {.ops = &kOps,
          .digest = Digest,
          .table = [](const void* object) { return &TableOf(object).table(); },
          .save = SaveHash,
          .reads_rdb_type = ReadsAsHash,
          .load = LoadHash,
          .build = BuildHash,
          .field = HashFieldValue};
}

}  // namespace gotthard
