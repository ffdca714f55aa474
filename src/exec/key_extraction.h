// Which arguments of a request are keys, from the key specifications of its row: for COMMAND
// GETKEYS, ACL key patterns and cluster routing.
//
// Thread: any; pure functions. Cost: linear in the arguments.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/numbers.h"
#include "exec/command.h"

namespace gotthard {

struct KeyPosition {
  uint32_t position;  // index of the argument; 0 is the command's name
  uint16_t flags;     // KeyFlag bits: what the command does to it

  friend bool operator==(const KeyPosition&, const KeyPosition&) = default;
};

// The positions as the oldest form of COMMAND shows them, and as clients before Redis 7 use them.
struct LegacyKeyRange {
  int first = 0;  // 0 = no keys at positions that are known beforehand
  int last = 0;   // negative counts from the end: -1 is the last argument
  int step = 0;
  bool movable = false;  // not all keys are found that way
};
LegacyKeyRange LegacyKeys(const CommandSpec& spec);

// Whether the row has a specification of a real key (not one marked as not_key).
bool HasKeys(const CommandSpec& spec);

namespace key_extraction_internal {

bool ListHas(std::string_view words, std::string_view word);
// The number behind `word` in "limit:2 by:1", 0 for other words.
size_t WidthOf(std::string_view widths, std::string_view word);

// The position of the key that the last option `keyword` names; 0 when there is none.
template <typename Arguments>
int64_t FindOptionKey(const KeySpec& spec, const Arguments& arguments) {
  int64_t found = 0;
  for (auto i = static_cast<size_t>(spec.index); i < arguments.size(); ++i) {
    if (EqualNoCase(arguments[i], spec.keyword) && i + 1 < arguments.size()) {
      found = static_cast<int64_t>(i + 1);
    } else {
      i += WidthOf(spec.widths, arguments[i]);
    }
  }
  return found;
}

// Where the keys of `spec` begin; 0 when its keyword is not there.
template <typename Arguments>
int64_t FindBegin(const KeySpec& spec, const Arguments& arguments) {
  auto argc = static_cast<int64_t>(arguments.size());
  if (spec.begin == KeySpec::Begin::kIndex) return spec.index;
  bool forward = spec.index > 0;  // from the front, or from the end backwards
  int64_t at = forward ? spec.index : argc + spec.index;
  for (; at >= 1 && at < argc; at += forward ? 1 : -1) {
    if (EqualNoCase(arguments[static_cast<size_t>(at)], spec.keyword)) return at + 1;
  }
  return 0;
}

// The last key's position for keys that begin at `first`, which is moved where a count comes before
// it. False when the request does not fit the specification.
template <typename Arguments>
bool FindLast(const KeySpec& spec, const Arguments& arguments, int64_t* first, int64_t* last) {
  auto argc = static_cast<int64_t>(arguments.size());
  if (spec.find == KeySpec::Find::kRange) {
    if (spec.last >= 0) {
      *last = *first + spec.last;
    } else if (spec.limit <= 1) {
      *last = argc + spec.last;
    } else {
      *last = *first + (argc - *first) / spec.limit + spec.last;
    }
    return true;
  }
  if (spec.find != KeySpec::Find::kKeynum) return false;
  int64_t count_at = *first + spec.keynum_index;
  if (count_at < 1 || count_at >= argc) return false;
  auto count = ParseInt64(arguments[static_cast<size_t>(count_at)]);
  if (!count || *count < 0 || *count > argc) return false;
  *first += spec.first_key;
  *last = *first + *count - 1;
  return true;
}

// The flags of a specification whose flags depend on the request.
template <typename Arguments>
uint16_t FlagsFor(const KeySpec& spec, const Arguments& arguments) {
  if (spec.flags_if_any.empty()) return spec.flags;
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (ListHas(spec.flags_if_any, arguments[i])) {
      return static_cast<uint16_t>(spec.flags & ~kKeyVariable);
    }
  }
  return spec.flags_otherwise;
}

}  // namespace key_extraction_internal

// Appends the keys of a request to `keys`, in the order of the row's specifications. `arguments`
// has size() and operator[] that gives a string_view, 0 being the command's name (and 1 the
// subcommand's). Keys that only the data name are not found. False when the request does not fit
// (bad numkeys, too few arguments); `keys` then holds nothing new.
template <typename Arguments>
bool ExtractKeys(const CommandSpec& spec, const Arguments& arguments,
                 std::vector<KeyPosition>* keys) {
  using namespace key_extraction_internal;  // NOLINT(google-build-using-namespace)
  size_t before = keys->size();
  auto argc = static_cast<int64_t>(arguments.size());
  for (const KeySpec& key_spec : spec.keys) {
    if (key_spec.begin == KeySpec::Begin::kNone) continue;
    if ((key_spec.flags & kKeyNotKey) != 0) continue;
    if (key_spec.begin == KeySpec::Begin::kUnknown) {
      const int64_t at = key_spec.keyword.empty() ? 0 : FindOptionKey(key_spec, arguments);
      if (at != 0) keys->push_back({static_cast<uint32_t>(at), key_spec.flags});
      continue;
    }
    int64_t first = FindBegin(key_spec, arguments);
    int64_t last = 0;
    if (first == 0) continue;  // no such keyword: none of these keys
    if (!FindLast(key_spec, arguments, &first, &last) || first >= argc || last >= argc ||
        last < first) {
      keys->resize(before);
      return false;
    }
    uint16_t flags = FlagsFor(key_spec, arguments);
    for (int64_t i = first; i <= last; i += key_spec.step) {
      keys->push_back({static_cast<uint32_t>(i), flags});
    }
  }
  return true;
}

}  // namespace gotthard
