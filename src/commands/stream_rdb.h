// Streams in RDB files and DUMP payloads; and the hooks of TypeHooks that do it for entries.
#pragma once

#include <cstdint>
#include <memory>

#include "commands/type_hooks.h"
#include "persist/rdb_stream.h"
#include "types/stream.h"

namespace gotthard {

// Writes what follows the type byte kRdbStream2.
void WriteRdbStream(const Stream& stream, RdbWriter& out);
// Reads what follows the type byte; null unless it is a stream through and through.
std::unique_ptr<Stream> ReadRdbStream(uint8_t rdb_type, RdbReader& in);

void SaveStream(const Entry& entry, RdbWriter& out);
bool ReadsAsStream(uint8_t rdb_type);
bool LoadStream(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value);

}  // namespace gotthard
