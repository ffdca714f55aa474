// Sketches (Bloom and Cuckoo filters, Count-Min, Top-K, t-digest) in RDB files and DUMP payloads.
//
// They are written as values of a module, which is what they are to other servers: those that know
// no such module, or another version of it, say so instead of misreading them.
//
//   0x07 | length: module's name, 9 characters of 6 bits, and its version, 10 bits
//        | length 5 (a string follows) | string: the sketch's bytes | length 0 (the end)
//
// Owning thread: any; pure functions of their arguments.
#pragma once

#include <cstdint>
#include <string_view>

#include "persist/loaded_value.h"
#include "persist/rdb_stream.h"

namespace gotthard {

struct ServerState;

void SaveSketch(Type type, std::string_view bytes, RdbWriter& out);
// TypeHooks::reads_rdb_type and TypeHooks::load for all five types, which share a type byte: to be
// the hooks of one of them.
bool ReadsSketch(uint8_t rdb_type);
bool LoadSketch(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value);

}  // namespace gotthard
