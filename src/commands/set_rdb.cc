// Sets in RDB files and DUMP payloads, and as SORT reads them.
//
//   kRdbSetIntset:   string that is an intset
//   kRdbSet:         number of members | string | ...
//   kRdbSetListpack: string that is a listpack of members
//
// Written as one of the first two, as versions before 11 do not know the third.
#include "commands/set_rdb.h"

#include <string>

#include "commands/distinct.h"
#include "commands/set_store.h"

namespace gotthard {
namespace {

bool LoadMembers(RdbReader& in, LoadedValue& value) {
  for (uint64_t members = in.Length(); members > 0 && in.ok(); --members) {
    value.items.push_back(in.String());
  }
  return in.ok();
}

}  // namespace

void SaveSet(const Entry& entry, RdbWriter& out) {
  if (entry.encoding() == Encoding::kIntset) {
    out.Type(kRdbSetIntset);
    return out.String(entry.bytes());
  }
  const SetView set = ViewOf(entry);
  out.Type(kRdbSet);
  out.Length(set.Count());
  char buffer[24];
  set.ForEach([&](const PackedItem& member) {
    out.String(member.Text(buffer));
    return true;
  });
}

bool ReadsAsSet(uint8_t rdb_type) {
  return rdb_type == kRdbSet || rdb_type == kRdbSetIntset || rdb_type == kRdbSetListpack;
}

bool LoadSet(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value) {
  value.type = Type::kSet;
  if (rdb_type == kRdbSet) {
    return LoadMembers(in, value) && !value.items.empty() && AreDistinct(value.items, 1);
  }
  std::string scratch;
  const std::string_view bytes = in.String(scratch);
  const bool intset = rdb_type == kRdbSetIntset;
  if (intset ? !ValidateIntset(bytes) : !ValidateListpack(bytes)) return false;
  const SetView set(intset ? SetForm::kIntset : SetForm::kListpack, bytes);
  const SetLimits limits = LimitsOf(server.config.values());
  if (intset && set.Count() <= limits.max_intset_entries) {
    value.SetPacked(Type::kSet, Encoding::kIntset, bytes);
    return set.Count() > 0;
  }
  char buffer[24];
  set.ForEach([&](const PackedItem& member) {
    value.items.emplace_back(member.Text(buffer));
    return true;
  });
  return !value.items.empty() && AreDistinct(value.items, 1);
}

void BuildSet(Context& ctx, const Key& key, const LoadedValue& value) {
  const SetLimits limits = LimitsOf(ctx.config());
  OwnedSet set(SetEditor::FormFor(value.items[0], value.items.size(), limits), limits,
               ctx.server().hasher);
  for (const std::string& member : value.items) set.Add(member);
  PutSet(ctx, key, {}, set, kNoExpiry);
}

void ForEachSetMember(const Entry& entry, bool /*backward*/,
                      FunctionRef<bool(std::string_view)> visit) {
  char buffer[24];
  ViewOf(entry).ForEach([&](const PackedItem& member) { return visit(member.Text(buffer)); });
}

}  // namespace gotthard
