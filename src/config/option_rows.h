// The parts of the option table, one function a rows_*.cc; option_table.cc puts them in order.
//
// Owning thread: any; constants.
#pragma once

#include <span>

#include "config/option_table.h"

namespace gotthard {

std::span<const OptionRow> NetworkRows();
std::span<const OptionRow> TlsRows();
std::span<const OptionRow> ProcessRows();
std::span<const OptionRow> LogRows();
std::span<const OptionRow> SecurityRows();
std::span<const OptionRow> KeyRows();
std::span<const OptionRow> EncodingRows();
std::span<const OptionRow> ScriptRows();
std::span<const OptionRow> SnapshotRows();
std::span<const OptionRow> AppendLogRows();
std::span<const OptionRow> ReplicationRows();
std::span<const OptionRow> ClusterRows();

inline constexpr int64_t kMaxUint32 = UINT32_MAX;
inline constexpr int64_t kMaxInt64 = INT64_MAX;

// What `check` of a row may be: "" or what is wrong, in the words of Redis.
std::string_view CheckDbFilename(std::string_view value);
std::string_view CheckAppendFilename(std::string_view value);
std::string_view CheckAppendDirname(std::string_view value);
std::string_view CheckHostname(std::string_view value);
std::string_view CheckNodename(std::string_view value);
std::string_view CheckTitleTemplate(std::string_view value);
std::string_view CheckLocale(std::string_view value);
std::string_view CheckActiveDefrag(std::string_view value);

}  // namespace gotthard
