// CONFIG REWRITE as a function from the old text of a file to its new text.
//
// Comments and the order of lines stay. Each option takes the place of the first line that had it;
// what is left of an option's lines goes. Options that the file did not have are added at the end,
// below a line that says so, if they differ from their default. Lines that are no option of this
// server stay (include, rename-command) or, where they make no sense, are marked with "# ???".
//
// Owning thread: any; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace gotthard {

struct RewriteRequest {
  bool force_all = false;  // also write what is at its default
  // The `user` lines that the file is to have; nullopt: those it has.
  std::optional<std::vector<std::string>> user_lines;
};

// O(lines x options).
std::string RewriteConfigText(std::string_view old_text, const Config& values,
                              const RewriteRequest& request);

}  // namespace gotthard
