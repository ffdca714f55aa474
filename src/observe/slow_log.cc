#include "observe/slow_log.h"

namespace gotthard {
namespace {

std::string Shortened(std::string_view argument) {
  if (argument.size() <= SlowLog::kMaxArgumentBytes) return std::string(argument);
  std::string text(argument.substr(0, SlowLog::kMaxArgumentBytes));
  text += "... (" + std::to_string(argument.size() - SlowLog::kMaxArgumentBytes) + " more bytes)";
  return text;
}

}  // namespace

void SlowLog::Add(const std::vector<std::string_view>& arguments, int64_t time_s,
                  int64_t duration_us, std::string_view client_address,
                  std::string_view client_name, size_t max_len) {
  SlowLogEntry entry{.id = next_id_++,
                     .time_s = time_s,
                     .duration_us = duration_us,
                     .arguments = {},
                     .client_address = std::string(client_address),
                     .client_name = std::string(client_name)};
  // The last place is given to the note when not all arguments fit.
  bool all_fit = arguments.size() <= kMaxArguments;
  size_t kept = all_fit ? arguments.size() : kMaxArguments - 1;
  entry.arguments.reserve(kept + 1);
  for (size_t i = 0; i < kept; ++i) entry.arguments.push_back(Shortened(arguments[i]));
  if (!all_fit) {
    entry.arguments.push_back("... (" + std::to_string(arguments.size() - kept) +
                              " more arguments)");
  }
  entries_.push_front(std::move(entry));
  Trim(max_len);
}

void SlowLog::Trim(size_t max_len) {
  while (entries_.size() > max_len) entries_.pop_back();
}

}  // namespace gotthard
