#include "types/bits.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace gotthard {
namespace {

// Four words that the compiler keeps in one AVX2 register, or in two of SSE2 or NEON. Never passed
// or returned by value, so that its ABI does not matter. Stored and loaded in place, at any
// address: GCC 12 takes a memcpy of them through the stack, at a quarter of the speed.
using Lanes = uint64_t __attribute__((vector_size(32), aligned(1), may_alias));
constexpr size_t kLaneBytes = sizeof(Lanes);

// The bodies below are compiled once for the baseline and once for AVX2.
#define GOTTHARD_BODY inline __attribute__((always_inline))
#if defined(__x86_64__)
#define GOTTHARD_HAS_AVX2_BODY 1
#define GOTTHARD_AVX2 __attribute__((target("avx2,popcnt")))
#endif

uint64_t WordAt(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// --- population count

// Adds a, b and c bit by bit: `sum` gets the low bits, `carry` the high ones.
GOTTHARD_BODY void AddBits(Lanes& carry, Lanes& sum, const Lanes& a, const Lanes& b,
                           const Lanes& c) {
  const Lanes half = a ^ b;
  carry = (a & b) | (half & c);
  sum = half ^ c;
}

GOTTHARD_BODY uint64_t CountLanes(const Lanes& lanes) {
  uint64_t count = 0;
  for (int i = 0; i < 4; ++i) count += static_cast<uint64_t>(std::popcount(lanes[i]));
  return count;
}

// A tree of carry-save adders (Harley and Seal; Mula, Kurz, Lemire 2018) over eight vectors a step:
// one of them is counted for every eight that are read.
GOTTHARD_BODY uint64_t CountBody(const char* at, size_t size) {
  Lanes ones{};
  Lanes twos{};
  Lanes fours{};
  uint64_t eights_count = 0;
  for (; size >= 8 * kLaneBytes; at += 8 * kLaneBytes, size -= 8 * kLaneBytes) {
    const auto* in = reinterpret_cast<const Lanes*>(at);
    Lanes twos_a, twos_b, fours_a, fours_b, eights;
    AddBits(twos_a, ones, ones, in[0], in[1]);
    AddBits(twos_b, ones, ones, in[2], in[3]);
    AddBits(fours_a, twos, twos, twos_a, twos_b);
    AddBits(twos_a, ones, ones, in[4], in[5]);
    AddBits(twos_b, ones, ones, in[6], in[7]);
    AddBits(fours_b, twos, twos, twos_a, twos_b);
    AddBits(eights, fours, fours, fours_a, fours_b);
    eights_count += CountLanes(eights);
  }
  uint64_t count =
      8 * eights_count + 4 * CountLanes(fours) + 2 * CountLanes(twos) + CountLanes(ones);
  for (; size >= 8; at += 8, size -= 8) count += static_cast<uint64_t>(std::popcount(WordAt(at)));
  for (; size > 0; ++at, --size) {
    count += static_cast<uint64_t>(std::popcount(static_cast<uint8_t>(*at)));
  }
  return count;
}

uint64_t CountBaseline(const char* at, size_t size) {
  return CountBody(at, size);
}

// --- logic of two operands

enum class Logic : uint8_t { kAnd, kOr, kXor, kAndNot };  // kAndNot: a & ~b

template <Logic kLogic, typename T>
GOTTHARD_BODY void Apply(T& out, const T& a, const T& b) {
  if constexpr (kLogic == Logic::kAnd) out = a & b;
  if constexpr (kLogic == Logic::kOr) out = a | b;
  if constexpr (kLogic == Logic::kXor) out = a ^ b;
  if constexpr (kLogic == Logic::kAndNot) out = a & ~b;
}

template <Logic kLogic>
GOTTHARD_BODY void WordsBody(char* out, const char* a, const char* b, size_t size) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    Apply<kLogic>(word, WordAt(a + i), WordAt(b + i));
    std::memcpy(out + i, &word, sizeof(word));
  }
  for (; i < size; ++i) {
    unsigned byte;
    Apply<kLogic>(byte, unsigned{static_cast<uint8_t>(a[i])}, unsigned{static_cast<uint8_t>(b[i])});
    out[i] = static_cast<char>(byte);
  }
}

// From this length on it pays to begin at a cache line.
constexpr size_t kAlignFromBytes = 1024;
constexpr size_t kCacheLineBytes = 64;

template <Logic kLogic>
GOTTHARD_BODY void LoopBody(char* out, const char* a, const char* b, size_t size) {
  size_t i = 0;
  // No store into two cache lines, wherever the sources lie: 5 % less time at a megabyte.
  if (size >= kAlignFromBytes) {
    i = -reinterpret_cast<uintptr_t>(out) % kCacheLineBytes;
    WordsBody<kLogic>(out, a, b, i);
  }
  for (; i + 2 * kLaneBytes <= size; i += 2 * kLaneBytes) {
    const auto* x = reinterpret_cast<const Lanes*>(a + i);
    const auto* y = reinterpret_cast<const Lanes*>(b + i);
    auto* to = reinterpret_cast<Lanes*>(out + i);
    Lanes first, second;
    Apply<kLogic, Lanes>(first, x[0], y[0]);
    Apply<kLogic, Lanes>(second, x[1], y[1]);
    to[0] = first;
    to[1] = second;
  }
  WordsBody<kLogic>(out + i, a + i, b + i, size - i);
}

GOTTHARD_BODY void LogicBody(Logic logic, char* out, const char* a, const char* b, size_t size) {
  switch (logic) {
    case Logic::kAnd:
      return LoopBody<Logic::kAnd>(out, a, b, size);
    case Logic::kOr:
      return LoopBody<Logic::kOr>(out, a, b, size);
    case Logic::kXor:
      return LoopBody<Logic::kXor>(out, a, b, size);
    case Logic::kAndNot:
      return LoopBody<Logic::kAndNot>(out, a, b, size);
  }
}

void LogicBaseline(Logic logic, char* out, const char* a, const char* b, size_t size) {
  LogicBody(logic, out, a, b, size);
}

// --- the choice

struct Kernels {
  uint64_t (*count)(const char* at, size_t size) = CountBaseline;
  // `out` may be `a` or `b`.
  void (*logic)(Logic logic, char* out, const char* a, const char* b, size_t size) = LogicBaseline;
};

#ifdef GOTTHARD_HAS_AVX2_BODY
GOTTHARD_AVX2 uint64_t CountAvx2(const char* at, size_t size) {
  return CountBody(at, size);
}
GOTTHARD_AVX2 void LogicAvx2(Logic logic, char* out, const char* a, const char* b, size_t size) {
  LogicBody(logic, out, a, b, size);
}
#endif

const Kernels& ChosenKernels() {
  static const Kernels kChosen = [] {
    Kernels kernels;
#ifdef GOTTHARD_HAS_AVX2_BODY
    if (__builtin_cpu_supports("avx2")) kernels = {CountAvx2, LogicAvx2};
#endif
    return kernels;
  }();
  return kChosen;
}

// --- operations over several sources

// Output and a helper of this size stay in the first-level cache beside two source blocks.
constexpr size_t kBlockBytes = 4096;

// The part of a source that lies in a block of `size` bytes from `begin`.
std::string_view PartOf(std::string_view source, size_t begin, size_t size) {
  return begin < source.size() ? source.substr(begin, size) : std::string_view();
}

// One block of the result. A source that ends inside of it counts as zeros from there on.
class BlockCombiner {
 public:
  BlockCombiner(const Kernels& kernels, std::span<const std::string_view> sources, size_t begin,
                char* out, size_t size)
      : kernels_(kernels), sources_(sources), begin_(begin), out_(out), size_(size) {}

  void Run(BitOperation operation) {
    switch (operation) {
      case BitOperation::kAnd:
        return Fold(Logic::kAnd, 0);
      case BitOperation::kOr:
        return Fold(Logic::kOr, 0);
      case BitOperation::kXor:
        return Fold(Logic::kXor, 0);
      case BitOperation::kNot:
        Fold(Logic::kOr, 0);
        std::memset(helper_, 0xff, size_);
        return kernels_.logic(Logic::kAndNot, out_, helper_, out_, size_);
      case BitOperation::kDiff:
        Fold(Logic::kOr, 1);
        return WithFirst(Logic::kAndNot, /*first_on_the_right=*/false);
      case BitOperation::kDiff1:
        Fold(Logic::kOr, 1);
        return WithFirst(Logic::kAndNot, /*first_on_the_right=*/true);
      case BitOperation::kAndOr:
        Fold(Logic::kOr, 1);
        return WithFirst(Logic::kAnd, /*first_on_the_right=*/false);
      case BitOperation::kOne:
        return ExactlyOne();
    }
  }

 private:
  // out = the sources from `from` on, combined from left to right.
  void Fold(Logic logic, size_t from) {
    size_t next = from;
    if (from + 1 < sources_.size() && Whole(from) && Whole(from + 1)) {
      kernels_.logic(logic, out_, Part(from).data(), Part(from + 1).data(), size_);
      next += 2;
    } else if (from < sources_.size()) {
      Load(out_, Part(from));
      ++next;
    } else {
      std::memset(out_, 0, size_);
    }
    for (; next < sources_.size(); ++next) {
      const std::string_view part = Part(next);
      kernels_.logic(logic, out_, out_, part.data(), part.size());
      if (logic == Logic::kAnd) std::memset(out_ + part.size(), 0, size_ - part.size());
    }
  }

  void WithFirst(Logic logic, bool first_on_the_right) {
    Load(helper_, Part(0));
    const char* left = first_on_the_right ? out_ : helper_;
    const char* right = first_on_the_right ? helper_ : out_;
    kernels_.logic(logic, out_, left, right, size_);
  }

  // out = bits seen in any source, helper = bits seen in more than one.
  void ExactlyOne() {
    std::memset(out_, 0, size_);
    std::memset(helper_, 0, size_);
    char both[kBlockBytes];
    for (size_t i = 0; i < sources_.size(); ++i) {
      const std::string_view part = Part(i);
      kernels_.logic(Logic::kAnd, both, out_, part.data(), part.size());
      kernels_.logic(Logic::kOr, helper_, helper_, both, part.size());
      kernels_.logic(Logic::kOr, out_, out_, part.data(), part.size());
    }
    kernels_.logic(Logic::kAndNot, out_, out_, helper_, size_);
  }

  std::string_view Part(size_t source) const { return PartOf(sources_[source], begin_, size_); }
  bool Whole(size_t source) const { return Part(source).size() == size_; }
  void Load(char* to, std::string_view part) const {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    std::memset(to + part.size(), 0, size_ - part.size());
  }

  const Kernels& kernels_;
  std::span<const std::string_view> sources_;
  const size_t begin_;
  char* const out_;
  const size_t size_;
  char helper_[kBlockBytes];
};

// Whether the operation is one of two operands, without regard to how many sources there are.
bool IsPlain(BitOperation operation, Logic* logic) {
  switch (operation) {
    case BitOperation::kAnd:
      *logic = Logic::kAnd;
      return true;
    case BitOperation::kOr:
      *logic = Logic::kOr;
      return true;
    case BitOperation::kXor:
      *logic = Logic::kXor;
      return true;
    default:
      return false;
  }
}

uint64_t ToBigEndian(uint64_t word) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

// The bits first..last of a byte (0 is the highest).
uint8_t ByteMask(unsigned first, unsigned last) {
  return static_cast<uint8_t>((0xffu >> first) & (0xffu << (7 - last)));
}

}  // namespace

uint64_t PopulationCount(std::string_view bytes) {
  // The dispatch costs more than a short string.
  if (bytes.size() < 8 * kLaneBytes) return CountBody(bytes.data(), bytes.size());
  return ChosenKernels().count(bytes.data(), bytes.size());
}

int64_t FindBit(std::string_view bytes, bool bit, uint64_t first, uint64_t last) {
  assert(first <= last && last / 8 < bytes.size());
  const uint8_t flip = bit ? 0 : 0xff;  // makes it a search for a set bit
  const auto in_byte = [&](size_t i, uint8_t mask) -> int64_t {
    const auto found = static_cast<uint8_t>((static_cast<uint8_t>(bytes[i]) ^ flip) & mask);
    return found == 0 ? -1 : static_cast<int64_t>(i * 8) + std::countl_zero(found);
  };
  size_t i = first / 8;
  const size_t end = last / 8;
  const auto first_in_byte = static_cast<unsigned>(first % 8);
  const auto last_in_byte = static_cast<unsigned>(last % 8);
  if (i == end) return in_byte(i, ByteMask(first_in_byte, last_in_byte));
  if (const int64_t found = in_byte(i, ByteMask(first_in_byte, 7)); found >= 0) return found;
  ++i;
  const uint64_t flip_word = bit ? 0 : ~uint64_t{0};
  const char* data = bytes.data();
  while (i + 32 <= end &&
         ((WordAt(data + i) ^ flip_word) | (WordAt(data + i + 8) ^ flip_word) |
          (WordAt(data + i + 16) ^ flip_word) | (WordAt(data + i + 24) ^ flip_word)) == 0) {
    i += 32;
  }
  for (; i + 8 <= end; i += 8) {
    const uint64_t word = WordAt(data + i) ^ flip_word;
    if (word != 0) return static_cast<int64_t>(i * 8) + std::countl_zero(ToBigEndian(word));
  }
  for (; i < end; ++i) {
    if (const int64_t found = in_byte(i, 0xff); found >= 0) return found;
  }
  return in_byte(end, ByteMask(0, last_in_byte));
}

void CombineBits(BitOperation operation, std::span<const std::string_view> sources, char* out,
                 size_t length) {
  assert(!sources.empty());
  const Kernels& kernels = ChosenKernels();
  // Two of one length need no second look at the output, so no blocks: 5 % less at a megabyte,
  // where it is the third-level cache that is waited for.
  Logic logic = Logic::kAnd;
  if (sources.size() == 2 && sources[0].size() == length && sources[1].size() == length &&
      IsPlain(operation, &logic)) {
    return kernels.logic(logic, out, sources[0].data(), sources[1].data(), length);
  }
  for (size_t begin = 0; begin < length; begin += kBlockBytes) {
    const size_t size = std::min(kBlockBytes, length - begin);
    BlockCombiner(kernels, sources, begin, out + begin, size).Run(operation);
  }
}

uint64_t ReadBits(std::string_view bytes, uint64_t offset, unsigned width) {
  assert(width >= 1 && width <= 64);
  const uint64_t first = offset / 8;
  if (first >= bytes.size()) return 0;
  // An integer of 64 bits may touch nine bytes.
  char window[16] = {};
  std::memcpy(window, bytes.data() + first, std::min<size_t>(9, bytes.size() - first));
  const auto shift = static_cast<unsigned>(offset % 8);
  uint64_t value = ToBigEndian(WordAt(window)) << shift;
  if (shift != 0) value |= static_cast<uint8_t>(window[8]) >> (8 - shift);
  return value >> (64 - width);
}

void WriteBits(char* bytes, size_t size, uint64_t offset, unsigned width, uint64_t value) {
  assert(width >= 1 && width <= 64 && (offset + width - 1) / 8 < size);
  (void)size;
  uint64_t at = offset;
  for (unsigned left = width; left > 0;) {
    const auto first = static_cast<unsigned>(at % 8);
    const unsigned count = std::min(left, 8 - first);
    const uint8_t mask = ByteMask(first, first + count - 1);
    const auto part = static_cast<uint8_t>(value >> (left - count) << (8 - first - count));
    bytes[at / 8] =
        static_cast<char>((static_cast<uint8_t>(bytes[at / 8]) & ~mask) | (part & mask));
    at += count;
    left -= count;
  }
}

}  // namespace gotthard
