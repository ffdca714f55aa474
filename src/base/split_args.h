// Splitting a line into words with the quoting rules of Redis: configuration lines and inline
// requests.
//
// Words are separated by blanks. "..." understands \n \r \t \b \a \xHH, and a backslash before any
// other character stands for that character; '...' understands only \'. A closing quote ends its
// word and must be followed by a blank or the end of the line.
//
// Owning thread: any; no state.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

// The words of `line`, which may hold NUL and CR like any byte once quoted; nullopt when quotes do
// not balance. O(length).
std::optional<std::vector<std::string>> SplitArgs(std::string_view line);

// `text` as a word in double quotes that SplitArgs turns back into `text`.
std::string QuoteArg(std::string_view text);

}  // namespace gotthard
