// Bits: counts, searches and logic against a plain bit-by-bit model.
#include "types/bits.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"

using namespace gotthard;

namespace {

std::string RandomBytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  // Long runs of equal bytes, so that searches have something to skip.
  uint64_t run = 0;
  char byte = 0;
  for (char& c : bytes) {
    if (run-- == 0) {
      run = random.Below(40);
      const uint64_t kind = random.Below(4);
      byte = kind == 0 ? '\0' : kind == 1 ? '\xff' : static_cast<char>(random.Next());
    }
    c = byte;
  }
  return bytes;
}

bool Bit(std::string_view bytes, uint64_t i) {
  return i / 8 < bytes.size() && (static_cast<uint8_t>(bytes[i / 8]) >> (7 - i % 8) & 1) != 0;
}

bool Model(BitOperation operation, const std::vector<std::string>& sources, uint64_t i) {
  const bool first = Bit(sources[0], i);
  size_t set = 0;
  for (const std::string& source : sources) set += Bit(source, i) ? 1 : 0;
  const bool others = set > (first ? 1u : 0u);
  switch (operation) {
    case BitOperation::kAnd:
      return set == sources.size();
    case BitOperation::kOr:
      return set > 0;
    case BitOperation::kXor:
      return set % 2 == 1;
    case BitOperation::kNot:
      return !first;
    case BitOperation::kDiff:
      return first && !others;
    case BitOperation::kDiff1:
      return !first && others;
    case BitOperation::kAndOr:
      return first && others;
    case BitOperation::kOne:
      return set == 1;
  }
  return false;
}

}  // namespace

TEST_CASE("Counting bits agrees with counting them one by one, at every length and alignment") {
  Random random(1);
  const std::string bytes = RandomBytes(random, 5000);
  for (size_t size = 0; size < 1200; ++size) {
    const size_t begin = random.Below(64);
    uint64_t expected = 0;
    for (uint64_t i = begin * 8; i < (begin + size) * 8; ++i) expected += Bit(bytes, i) ? 1 : 0;
    REQUIRE(PopulationCount(std::string_view(bytes).substr(begin, size)) == expected);
  }
  CHECK(PopulationCount(std::string(1 << 20, '\xff')) == 8u << 20);
}

TEST_CASE("The first bit of a value is found where a walk finds it") {
  Random random(2);
  for (int round = 0; round < 3000; ++round) {
    const std::string bytes = RandomBytes(random, 1 + random.Below(300));
    const uint64_t bits = bytes.size() * 8;
    const uint64_t first = random.Below(bits);
    const uint64_t last = first + random.Below(bits - first);
    for (bool value : {false, true}) {
      int64_t expected = -1;
      for (uint64_t i = first; i <= last && expected < 0; ++i) {
        if (Bit(bytes, i) == value) expected = static_cast<int64_t>(i);
      }
      INFO("round " << round << " " << first << ".." << last << " of " << bits);
      REQUIRE(FindBit(bytes, value, first, last) == expected);
    }
  }
}

TEST_CASE("Logic over sources of any lengths agrees with a walk over the bits") {
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    for (int op = 0; op <= static_cast<int>(BitOperation::kOne); ++op) {
      const auto operation = static_cast<BitOperation>(op);
      std::vector<std::string> sources(operation == BitOperation::kNot ? 1 : 1 + random.Below(5));
      size_t length = 0;
      const bool long_ones = round % 10 == 0;  // past the end of a block
      const size_t common = round % 20 == 0 ? 1000 + random.Below(9000) : 0;
      for (std::string& source : sources) {
        const size_t own = random.Below(long_ones ? 10000 : 200);
        source = RandomBytes(random, common != 0 ? common : own);
        length = std::max(length, source.size());
      }
      const std::vector<std::string_view> views(sources.begin(), sources.end());
      const size_t begin = random.Below(64);  // of the output, at any alignment
      std::string out(begin + length + 1, 'x');
      CombineBits(operation, views, out.data() + begin, length);
      REQUIRE(out.find_first_not_of('x') >= begin);
      REQUIRE(out.back() == 'x');
      out.erase(0, begin);
      uint64_t same = 0;
      while (same < length * 8 && Bit(out, same) == Model(operation, sources, same)) ++same;
      INFO("operation " << op << " round " << round);
      REQUIRE(same == length * 8);
    }
  }
}

TEST_CASE(
    "Integers of every width come back from where they were written, and nothing else moves") {
  Random random(4);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = RandomBytes(random, 9 + random.Below(30));
    const std::string before = bytes;
    const auto width = static_cast<unsigned>(1 + random.Below(64));
    const uint64_t offset = random.Below(bytes.size() * 8 - width + 1);
    const uint64_t value = random.Next() >> (64 - width);
    WriteBits(bytes.data(), bytes.size(), offset, width, value);
    REQUIRE(ReadBits(bytes, offset, width) == value);
    for (uint64_t i = 0; i < bytes.size() * 8; ++i) {
      const bool inside = i >= offset && i < offset + width;
      const bool expected = inside ? (value >> (offset + width - 1 - i) & 1) != 0 : Bit(before, i);
      REQUIRE(Bit(bytes, i) == expected);
    }
  }
  CHECK(ReadBits("\xff", 4, 8) == 0xf0);
  CHECK(ReadBits("\xff", 8, 64) == 0);
  CHECK(ReadBits("", 1000, 1) == 0);
}
