// DUMP payloads: a value as it lies in an RDB file, with a footer.
//
//   type byte | value | u16 RDB version | u64 CRC-64 of all before; little endian
//
// Each type's reading and writing is in its TypeHooks; strings are here. A payload is never
// trusted: whatever is not exactly a value that could have been written is refused.
//
// Owning thread: the execution thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exec/context.h"
#include "exec/server_state.h"
#include "persist/loaded_value.h"
#include "store/database.h"
#include "store/entry.h"

namespace gotthard {

// Of a payload: what is not the value.
inline constexpr size_t kDumpFramingBytes = 1 + 2 + 8;

// The payload of an entry's value; nullopt for a type that has no RDB form.
std::optional<std::string> MakeDumpPayload(const Entry& entry, bool compress);
// Whether version and checksum of a payload are right; with `skip_checksum` only the version.
bool VerifyDumpFooter(std::string_view payload, bool skip_checksum);
// The value of a payload whose footer is right; nullopt if it is malformed.
std::optional<LoadedValue> ReadDumpPayload(std::string_view payload, ServerState& server);
// Puts a value under a key of the session's database that is not there.
EntryHandle PutLoaded(Context& ctx, const Key& key, LoadedValue value, int64_t expiry_ms);

}  // namespace gotthard
