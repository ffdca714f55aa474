// Bitmaps and bit fields against a vector of bits.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "tests/commands/model_run.h"

using namespace gotthard;

namespace {

class BitmapModel {
 public:
  static ModelStep RandomStep(Random& random) {
    const std::string key = random.Below(2) == 0 ? "a" : "b";
    const auto bit = [&] { return std::to_string(random.Below(200)); };
    const auto byte = [&] { return std::to_string(static_cast<int64_t>(random.Below(30)) - 15); };
    constexpr const char* kOperations[] = {"AND", "OR", "XOR"};
    switch (random.Below(10)) {
      case 0:
        return {"GETBIT", key, bit()};
      case 1:
        return {"BITCOUNT", key, byte(), byte(), random.Below(2) == 0 ? "BYTE" : "BIT"};
      case 2:
        return {"BITPOS", key, std::to_string(random.Below(2))};
      case 3:
        return {"BITOP", kOperations[random.Below(3)], random.Below(2) == 0 ? "a" : "c", "a", "b"};
      case 4:
        return {"BITOP", "NOT", "c", key};
      case 5:
        return {"BITFIELD", key, "GET", Type(random), bit()};
      case 6:
        return {"BITFIELD", key, "SET", Type(random), bit(), byte()};
      case 7:
        return {"BITFIELD", key, "INCRBY", Type(random), bit(), byte()};
      default:
        return {"SETBIT", key, bit(), std::to_string(random.Below(2))};
    }
  }

  bool Accepts(const ModelStep& words, const ReplyValue& reply, int64_t /*now_ms*/) {
    return reply == Reply(words);
  }

 private:
  using Bits = std::vector<bool>;  // a multiple of eight

  static std::string Type(Random& random) {
    return random.Below(2) == 0 ? "u" + std::to_string(1 + random.Below(63))
                                : "i" + std::to_string(1 + random.Below(64));
  }
  static void Extend(Bits& bits, size_t end) {
    if (bits.size() < end) bits.resize((end + 7) / 8 * 8);
  }

  ReplyValue Reply(const ModelStep& words) {
    const std::string& name = words[0];
    if (name == "BITOP") return Combine(words);
    Bits& bits = keys_[words[1]];
    if (name == "BITFIELD") return Field(bits, words);
    if (name == "BITCOUNT") return Int(Count(bits, words));
    if (name == "BITPOS") return Int(First(bits, words[2] == "1"));
    const auto at = static_cast<size_t>(*ParseInt64(words[2]));
    const bool old = at < bits.size() && bits[at];
    if (name == "SETBIT") {
      Extend(bits, at + 1);
      bits[at] = words[3] == "1";
    }
    return Int(old ? 1 : 0);
  }
  static int64_t Count(const Bits& bits, const ModelStep& words) {
    const bool bytes = words[4] == "BYTE";
    const auto units = static_cast<int64_t>(bytes ? bits.size() / 8 : bits.size());
    const auto place = [&](const std::string& word) {
      const int64_t index = *ParseInt64(word);
      return std::max<int64_t>(index < 0 ? index + units : index, 0);
    };
    const int64_t given_first = *ParseInt64(words[2]);
    const int64_t given_last = *ParseInt64(words[3]);
    if (given_first < 0 && given_last < 0 && given_first > given_last) return 0;
    const int64_t first = place(words[2]);
    const int64_t last = std::min(place(words[3]), units - 1);
    int64_t count = 0;
    for (int64_t i = first * (bytes ? 8 : 1); i < (last + 1) * (bytes ? 8 : 1); ++i) {
      count += bits[static_cast<size_t>(i)] ? 1 : 0;
    }
    return count;
  }
  static int64_t First(const Bits& bits, bool value) {
    const auto found = std::find(bits.begin(), bits.end(), value);
    if (found != bits.end()) return found - bits.begin();
    return value ? -1 : static_cast<int64_t>(bits.size());
  }
  ReplyValue Combine(const ModelStep& words) {
    Bits a = keys_[words[3]];
    Bits b = words.size() > 4 ? keys_[words[4]] : Bits();
    const size_t size = std::max(a.size(), b.size());
    a.resize(size);
    b.resize(size);
    for (size_t i = 0; i < size; ++i) {
      if (words[1] == "NOT") a[i] = !a[i];
      if (words[1] == "AND") a[i] = a[i] && b[i];
      if (words[1] == "OR") a[i] = a[i] || b[i];
      if (words[1] == "XOR") a[i] = a[i] != b[i];
    }
    keys_[words[2]] = a;
    return Int(static_cast<int64_t>(size / 8));
  }
  // Numbers wrap around, as is the default.
  static ReplyValue Field(Bits& bits, const ModelStep& words) {
    const bool is_signed = words[3][0] == 'i';
    const auto width = static_cast<size_t>(*ParseInt64(words[3].substr(1)));
    const auto at = static_cast<size_t>(*ParseInt64(words[4]));
    uint64_t old = 0;
    for (size_t i = 0; i < width; ++i) {
      old = old << 1 | (at + i < bits.size() && bits[at + i] ? 1u : 0u);
    }
    const auto as_number = [&](uint64_t raw) {
      const unsigned unused = 64 - static_cast<unsigned>(width);
      return is_signed ? static_cast<int64_t>(raw << unused) >> unused : static_cast<int64_t>(raw);
    };
    if (words[2] == "GET") return Array({Int(as_number(old))});
    const auto given = static_cast<uint64_t>(*ParseInt64(words[5]));
    uint64_t value = words[2] == "SET" ? given : old + given;
    if (width < 64) value &= (uint64_t{1} << width) - 1;
    Extend(bits, at + width);
    for (size_t i = 0; i < width; ++i) bits[at + i] = (value >> (width - 1 - i) & 1) != 0;
    return Array({Int(as_number(words[2] == "SET" ? old : value))});
  }

  std::map<std::string, Bits> keys_;
};

}  // namespace

TEST_CASE("bitmaps and bit fields behave like vectors of bits") {
  CheckAgainstModel<BitmapModel>("", 54, 1'000);
}
