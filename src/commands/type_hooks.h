// TypeHooks: what is known of each type of value beyond its commands. A family that adds a type
// defines its hooks beside its commands and adds a line to type_hooks.cc.
//
// Static storage; the functions run on the execution thread.
#pragma once

#include "commands/data_digest.h"
#include "store/detached.h"
#include "store/entry.h"
#include "types/table.h"

namespace gotthard {

struct TypeHooks {
  // How the big form (Entry::is_object) is freed, copied and measured; null if there is none.
  const ObjectOps* ops = nullptr;
  // Mixes the value into a digest as Redis does, whatever its encoding: DEBUG DIGEST.
  void (*digest)(const Entry& entry, DataDigest& digest) = nullptr;
  // The table of the big form, for DEBUG HTSTATS-KEY; null if it has none.
  const Table* (*table)(const void* object) = nullptr;
};

// The hooks that the families define, beside their commands.
TypeHooks BloomHooks();
TypeHooks CuckooHooks();
TypeHooks CountMinHooks();
TypeHooks TopKHooks();
TypeHooks TDigestHooks();

// The hooks of a type; empty ones for a type without.
const TypeHooks& HooksOf(Type type);

// The ObjectOps of all types, for the Keyspace.
ObjectTypes AllObjectTypes();

}  // namespace gotthard
