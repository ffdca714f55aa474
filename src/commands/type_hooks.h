// TypeHooks: what is known of each type of value beyond its commands. A family that adds a type
// defines its hooks beside its commands and adds a line to type_hooks.cc.
//
// Static storage; the functions run on the execution thread.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "commands/data_digest.h"
#include "persist/loaded_value.h"
#include "persist/rdb_stream.h"
#include "store/detached.h"
#include "store/entry.h"
#include "types/table.h"

namespace gotthard {

class Context;
struct Key;
struct ServerState;

struct TypeHooks {
  // How the big form (Entry::is_object) is freed, copied and measured; null if there is none.
  const ObjectOps* ops = nullptr;
  // Mixes the value into a digest as Redis does, whatever its encoding: DEBUG DIGEST.
  void (*digest)(const Entry& entry, DataDigest& digest) = nullptr;
  // The table of the big form, for DEBUG HTSTATS-KEY; null if it has none.
  const Table* (*table)(const void* object) = nullptr;

  // --- RDB files and DUMP payloads.
  // Writes the value, its type byte (RdbType) first, as kRdbVersionWritten knows it.
  void (*save)(const Entry& entry, RdbWriter& out) = nullptr;
  // Whether `load` reads values with this type byte.
  bool (*reads_rdb_type)(uint8_t rdb_type) = nullptr;
  // Reads what follows the type byte. Trusts nothing: false (or a failed reader) for all that is
  // not a whole, valid value that is not empty. What is behind it is the caller's to refuse.
  bool (*load)(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value) = nullptr;
  // Makes the key, which is not there, from LoadedValue::items; null if `load` leaves none.
  void (*build)(Context& ctx, const Key& key, const LoadedValue& value) = nullptr;

  // --- SORT.
  // A collection's number of elements, and each of them in its own order or backwards, until
  // visit returns false; null for what cannot be sorted. `visit` must not write.
  size_t (*count)(const Entry& entry) = nullptr;
  void (*for_each)(const Entry& entry, bool backward,
                   FunctionRef<bool(std::string_view)> visit) = nullptr;
  // A copy of what a hash has under a field.
  std::optional<std::string> (*field)(const Entry& entry, std::string_view field,
                                      int64_t now_ms) = nullptr;
};

// The hooks that the families define, beside their commands.
TypeHooks BloomHooks();
TypeHooks CuckooHooks();
TypeHooks CountMinHooks();
TypeHooks TopKHooks();
TypeHooks TDigestHooks();

// The hooks of a type; empty ones for a type without.
const TypeHooks& HooksOf(Type type);

inline constexpr unsigned kTypeSlots = std::size(ObjectTypes{}.ops);

// The ObjectOps of all types, for the Keyspace.
ObjectTypes AllObjectTypes();

}  // namespace gotthard
