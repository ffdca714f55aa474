// Glob patterns as KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACL rules use them.
//
//   *       any run of bytes, also none        ?       any one byte
//   [abc]   one of them                        [^abc]  any one byte but them
//   [a-z]   one of the range, ends in any order
//   \x      x itself, also inside brackets
//
// An unclosed bracket ends with the pattern. Bytes compare unsigned; text may hold any byte.
// Cost: O(pattern x text) at worst: only the latest star is ever retried, since a longer run for an
// earlier star cannot match what the latest could not. So no pattern of a client can blow up.
//
// Owning thread: any; a pure function that allocates nothing.
#pragma once

#include <cstddef>
#include <string_view>

namespace gotthard {

// A pattern that needs more stars than this for a text (those at its end not counted) does not
// match it. The number is Redis's.
inline constexpr size_t kMaxGlobStars = 1000;

// Whether the whole of `text` matches. `nocase` folds ASCII letters (not those after a backslash
// inside brackets, as in Redis). Differs from Redis in one point: a pattern of nothing but stars
// matches the empty text too, for which Redis's callers have special cases.
bool GlobMatch(std::string_view pattern, std::string_view text, bool nocase = false);

}  // namespace gotthard
