// What a system test reads off a daemon from outside: INFO's fields, its open files, its memory.
//
// Owning thread: that of the client or daemon given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/system_harness.h"

namespace gotthard::test {

// A field of INFO everything; throws if there is none.
std::string InfoText(Client& client, std::string_view field);
std::int64_t InfoNumber(Client& client, std::string_view field);
// The number after `key=` in an INFO field of the form a=1,b=2; throws if there is none.
std::int64_t InfoPart(Client& client, std::string_view field, std::string_view key);

// Open files of a process, from /proc.
std::size_t OpenFiles(pid_t pid);
// Resident memory of a process in bytes, from /proc.
std::size_t ResidentBytes(pid_t pid);

// Lines of CLIENT LIST.
std::size_t ClientListLines(Client& client);

// Raises the number of files that this process and its children may open. Returns the new limit.
std::size_t RaiseOpenFileLimit();

// Sends as much as the socket takes without waiting; returns how much. Throws if the peer is gone.
std::size_t SendWithoutWaiting(const Client& client, std::string_view bytes);

// The command `count` times over.
std::string Repeated(const std::vector<std::string>& command, std::size_t count);

}  // namespace gotthard::test
