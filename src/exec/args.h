// Args: a command's arguments as a handler sees them. args[0] is the command's name.
//
// Views into the batch that the request came in, valid while the command runs. Whatever must
// outlive it is copied. The keys' hashes were computed by the thread that parsed.
#pragma once

#include "base/hash.h"
#include "pipe/command_stream.h"
#include "store/key.h"

namespace gotthard {

class Args {
 public:
  // `first_key` and `key_step`: the positions whose hashes the stream carries.
  Args(CommandView view, const KeyHasher& hasher, uint16_t first_key, uint16_t key_step)
      : view_(view),
        hasher_(&hasher),
        argc_(view.argc()),
        hash_count_(view.header().hash_count),
        first_key_(first_key),
        key_step_(key_step) {}

  size_t size() const { return argc_; }
  // REQUIRES: i < size().
  std::string_view operator[](size_t i) const { return view_.arg(static_cast<uint32_t>(i)); }
  // Argument i as a key, with its hash. REQUIRES: i < size().
  [[gnu::always_inline]] Key key(size_t i) const {
    if (i == first_key_ && hash_count_ != 0) [[likely]]
      return {(*this)[i], view_.words()[1 + argc_]};
    return FurtherKey(i);
  }
  // Any bytes as a key.
  Key MakeKey(std::string_view name) const { return {name, (*hasher_)(name)}; }
  const CommandView& view() const { return view_; }
  // Goes over to another command of the same row with as many arguments and hashes.
  void MoveTo(const uint64_t* words) { view_ = CommandView(view_.base(), words); }

 private:
  [[gnu::noinline]] Key FurtherKey(size_t i) const {
    if (hash_count_ != 0 && i >= first_key_ && (i - first_key_) % key_step_ == 0) {
      const size_t nth = (i - first_key_) / key_step_;
      if (nth < hash_count_) return {(*this)[i], view_.hash(static_cast<uint32_t>(nth))};
    }
    return {(*this)[i], (*hasher_)((*this)[i])};
  }

  CommandView view_;
  const KeyHasher* hasher_;
  uint32_t argc_;
  uint16_t hash_count_;
  uint16_t first_key_;
  uint16_t key_step_;
};

// True when `argument` is the option `lower` in any case. REQUIRES: `lower` is lower-case letters.
inline bool IsOption(std::string_view argument, std::string_view lower) {
  if (argument.size() != lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    char c = argument[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (c != lower[i]) return false;
  }
  return true;
}

}  // namespace gotthard
