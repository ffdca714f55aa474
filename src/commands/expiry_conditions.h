// The conditions NX, XX, GT and LT under which a key or a field gets another expiry.
//
// Owning thread: any; a value.
#pragma once

#include <cstdint>
#include <string_view>

#include "exec/args.h"

namespace gotthard {

struct ExpiryConditions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;

  // False if the argument is none of them.
  bool Take(std::string_view argument) {
    if (IsOption(argument, "nx")) return nx = true;
    if (IsOption(argument, "xx")) return xx = true;
    if (IsOption(argument, "gt")) return gt = true;
    if (IsOption(argument, "lt")) return lt = true;
    return false;
  }

  // Whether `when_ms` may take the place of the expiry `current_ms`, if there is one. What has none
  // lives for ever, so nothing is greater.
  bool Met(bool has_expiry, int64_t current_ms, int64_t when_ms) const {
    if (nx && has_expiry) return false;
    if (xx && !has_expiry) return false;
    if (gt && (!has_expiry || when_ms <= current_ms)) return false;
    return !lt || !has_expiry || when_ms < current_ms;
  }
};

}  // namespace gotthard
