// What SORT puts in order: items with their keys, kept in one piece of memory.
//
// Owning thread: the execution thread; lives within one command.
// Limits: as many items as a collection has; the texts of all of them are copied once.
#pragma once

#include <clocale>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

class SortItems {
 public:
  enum class By : uint8_t {
    kNumber,  // the weights, then the items' bytes
    kText,    // the items, or texts of their own (SetText)
  };

  SortItems() = default;
  SortItems(const SortItems&) = delete;
  SortItems& operator=(const SortItems&) = delete;

  void Add(std::string_view text);
  size_t size() const { return items_.size(); }
  std::string_view text(size_t i) const { return View(items_[i].text); }
  void SetWeight(size_t i, double weight) { items_[i].weight = weight; }
  // What item i is compared by instead of itself; one without comes before all others.
  void SetText(size_t i, std::string_view text) { items_[i].other = Copy(text); }

  // Puts [0, end) in order, of all items; what is behind is in any. `own_texts`: compare what
  // SetText said. `locale`: compare texts by its rules; null: by their bytes.
  void Sort(By by, bool own_texts, bool descending, size_t end, locale_t locale);

 private:
  struct Range {
    size_t offset = SIZE_MAX;  // SIZE_MAX: none
    size_t length = 0;
  };
  struct Item {
    Range text;
    Range other;
    double weight = 0;
  };

  std::string_view View(const Range& range) const {
    return {bytes_.data() + range.offset, range.length};
  }
  Range Copy(std::string_view text);
  int CompareTexts(const Range& a, const Range& b, locale_t locale) const;

  std::vector<Item> items_;
  std::string bytes_;  // each text with a zero behind it
};

// A weight as SORT reads it: what strtod makes of the whole text. False when it cannot.
bool ParseWeight(std::string_view text, double& weight);

}  // namespace gotthard
