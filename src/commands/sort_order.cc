#include "commands/sort_order.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/numbers.h"

namespace gotthard {
namespace {

// Integers beyond are not doubles any more.
constexpr int64_t kExactInteger = int64_t{1} << 53;

template <typename Less>
void SortFirst(auto& items, size_t end, Less less) {
  // Where few are wanted, the others need not be in order.
  if (end < items.size() / 4) {
    std::partial_sort(items.begin(), items.begin() + static_cast<ptrdiff_t>(end), items.end(),
                      less);
  } else {
    std::sort(items.begin(), items.end(), less);
  }
}

}  // namespace

SortItems::Range SortItems::Copy(std::string_view text) {
  const Range range{bytes_.size(), text.size()};
  bytes_.append(text);
  bytes_.push_back('\0');
  return range;
}

void SortItems::Add(std::string_view text) {
  items_.push_back({.text = Copy(text)});
}

int SortItems::CompareTexts(const Range& a, const Range& b, locale_t locale) const {
  if (a.offset == SIZE_MAX || b.offset == SIZE_MAX) {
    return (a.offset != SIZE_MAX ? 1 : 0) - (b.offset != SIZE_MAX ? 1 : 0);
  }
  if (locale == nullptr) return View(a).compare(View(b));
  return strcoll_l(bytes_.data() + a.offset, bytes_.data() + b.offset, locale);
}

void SortItems::Sort(By by, bool own_texts, bool descending, size_t end, locale_t locale) {
  const int sign = descending ? -1 : 1;
  if (by == By::kNumber) {
    SortFirst(items_, end, [this, descending, sign](const Item& a, const Item& b) {
      if (a.weight != b.weight) return descending ? a.weight > b.weight : a.weight < b.weight;
      // Equal weights must not make the result depend on anything else.
      return sign * View(a.text).compare(View(b.text)) < 0;
    });
  } else {
    SortFirst(items_, end, [this, own_texts, sign, locale](const Item& a, const Item& b) {
      const Range& left = own_texts ? a.other : a.text;
      const Range& right = own_texts ? b.other : b.text;
      const int order = sign * CompareTexts(left, right, locale);
      // Equal ones stay as they came: texts were copied in that order.
      return order != 0 ? order < 0 : a.text.offset < b.text.offset;
    });
  }
}

bool ParseWeight(std::string_view text, double& weight) {
  if (const auto integer = ParseInt64(text)) {
    if (*integer >= -kExactInteger && *integer <= kExactInteger) {
      weight = static_cast<double>(*integer);
      return true;
    }
  }
  // strtod wants a zero behind; a text with zeros in it is none that it reads whole.
  const std::string copy(text);
  char* rest = nullptr;
  errno = 0;
  weight = std::strtod(copy.c_str(), &rest);
  return *rest == '\0' && errno != ERANGE && !std::isnan(weight) &&
         rest == copy.c_str() + copy.size();
}

}  // namespace gotthard
