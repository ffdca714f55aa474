#include "types/hyperloglog.h"

#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "types/hyperloglog_registers.h"

namespace gotthard::hyperloglog {
namespace {

constexpr unsigned kIndexBits = 14;
constexpr unsigned kValueBits = 64 - kIndexBits;  // of the hash, where zeros are counted
constexpr uint64_t kHashSeed = 0xadc83b19;
constexpr char kDense = 0;
constexpr char kSparse = 1;

constexpr size_t kMaxZeroRun = 64;  // of the short form
constexpr size_t kMaxValueRun = 4;
constexpr uint8_t kMaxSparseValue = 32;

// MurmurHash2, 64 bits (Austin Appleby, public domain). The bytes of a value depend on it.
uint64_t MurmurHash64A(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  const char* at = bytes.data();
  size_t left = bytes.size();
  uint64_t hash = seed ^ (left * kFactor);
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    word *= kFactor;
    word ^= word >> 47;
    hash = (hash ^ (word * kFactor)) * kFactor;
  }
  if (left > 0) {
    uint64_t tail = 0;
    std::memcpy(&tail, at, left);
    hash = (hash ^ tail) * kFactor;
  }
  hash = (hash ^ (hash >> 47)) * kFactor;
  return hash ^ (hash >> 47);
}

struct Rise {
  size_t index;
  uint8_t count;
};

// The register that an element raises, and how far.
Rise RiseOf(std::string_view element) {
  const uint64_t hash = MurmurHash64A(element, kHashSeed);
  // The bit behind the last one bounds the count.
  const uint64_t rest = (hash >> kIndexBits) | (uint64_t{1} << kValueBits);
  return {hash & (kRegisters - 1), static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

// --- dense

uint8_t DenseRegister(const char* registers, size_t index) {
  const size_t byte = index * 6 / 8;
  const size_t shift = index * 6 % 8;
  unsigned bits = static_cast<uint8_t>(registers[byte]);
  if (shift > 2) bits |= static_cast<unsigned>(static_cast<uint8_t>(registers[byte + 1])) << 8;
  return bits >> shift & 0x3f;
}

void SetDenseRegister(char* registers, size_t index, uint8_t value) {
  const size_t byte = index * 6 / 8;
  const size_t shift = index * 6 % 8;
  const unsigned mask = 0x3fu << shift;
  const unsigned bits = unsigned{value} << shift;
  const auto merge = [&](size_t at, unsigned part_mask, unsigned part) {
    registers[at] = static_cast<char>((static_cast<uint8_t>(registers[at]) & ~part_mask) | part);
  };
  merge(byte, mask & 0xff, bits & 0xff);
  if (shift > 2) merge(byte + 1, mask >> 8, bits >> 8);
}

Added RaiseDense(char* value, size_t index, uint8_t count) {
  char* registers = value + kHeaderBytes;
  if (DenseRegister(registers, index) >= count) return Added::kNothing;
  SetDenseRegister(registers, index, count);
  DropCachedCount(value);
  return Added::kChanged;
}

// --- sparse

struct Run {
  size_t bytes;   // of the run's code
  size_t length;  // registers
  uint8_t value;  // 0 for a run of zeros
};

// The run that begins at `at`; nullopt when its second byte is missing. REQUIRES: at < size.
std::optional<Run> RunAt(std::string_view value, size_t at) {
  const auto code = static_cast<uint8_t>(value[at]);
  if ((code & 0x80) != 0) {
    return Run{1, size_t{code & 3u} + 1, static_cast<uint8_t>((code >> 2 & 0x1f) + 1)};
  }
  if ((code & 0x40) == 0) return Run{1, size_t{code & 0x3fu} + 1, 0};
  if (at + 1 >= value.size()) return std::nullopt;
  return Run{2, (size_t{code & 0x3fu} << 8 | static_cast<uint8_t>(value[at + 1])) + 1, 0};
}

// Calls visit(first register, run) for each run. False when the runs do not add up; visit is never
// told of registers that do not exist.
template <typename Visit>
bool ForEachRun(std::string_view value, Visit&& visit) {
  size_t first = 0;
  for (size_t at = kHeaderBytes; at < value.size();) {
    const std::optional<Run> run = RunAt(value, at);
    if (!run || run->length > kRegisters - first) return false;
    visit(first, *run);
    first += run->length;
    at += run->bytes;
  }
  return first == kRegisters;
}

// The codes that take the place of one.
struct Codes {
  char bytes[5];
  size_t size = 0;

  void Zeros(size_t length) {
    if (length > kMaxZeroRun) {
      bytes[size++] = static_cast<char>((length - 1) >> 8 | 0x40);
      bytes[size++] = static_cast<char>((length - 1) & 0xff);
    } else if (length > 0) {
      bytes[size++] = static_cast<char>(length - 1);
    }
  }
  void Values(uint8_t value, size_t length) {
    if (length > 0) bytes[size++] = static_cast<char>((value - 1) << 2 | (length - 1) | 0x80);
  }
  void Run(uint8_t value, size_t length) {
    if (value == 0) {
      Zeros(length);
    } else {
      Values(value, length);
    }
  }
};

// Joins neighbouring runs of one value, looking at five codes from `at` on (what a change can have
// touched, and what Redis looks at).
void JoinRuns(std::string& value, size_t at) {
  for (int looks = 5; at < value.size() && looks > 0; --looks) {
    const std::optional<Run> run = RunAt(value, at);
    if (!run) return;
    if (run->value == 0) {
      at += run->bytes;
      continue;
    }
    if (at + 1 < value.size()) {
      const std::optional<Run> next = RunAt(value, at + 1);
      if (next && next->value == run->value && run->length + next->length <= kMaxValueRun) {
        Codes joined;
        joined.Values(run->value, run->length + next->length);
        value.replace(at, 2, joined.bytes, joined.size);
        continue;
      }
    }
    ++at;
  }
}

Added RaiseAsDense(std::string& value, size_t index, uint8_t count) {
  if (!MakeDense(value)) return Added::kCorrupt;
  return RaiseDense(value.data(), index, count);
}

Added RaiseSparse(std::string& value, size_t index, uint8_t count, size_t max_sparse_bytes) {
  if (count > kMaxSparseValue) return RaiseAsDense(value, index, count);
  // The run that the register is in, and the one before it.
  size_t at = kHeaderBytes;
  size_t before = kHeaderBytes;
  size_t first = 0;
  std::optional<Run> run;
  for (;;) {
    if (at >= value.size()) return Added::kCorrupt;
    run = RunAt(value, at);
    if (!run) return Added::kCorrupt;
    if (index < first + run->length) break;
    before = at;
    at += run->bytes;
    first += run->length;
  }
  if (run->value >= count) return Added::kNothing;
  Codes codes;
  codes.Run(run->value, index - first);
  codes.Values(count, 1);
  codes.Run(run->value, first + run->length - 1 - index);
  if (codes.size > run->bytes && value.size() + codes.size - run->bytes > max_sparse_bytes) {
    return RaiseAsDense(value, index, count);
  }
  value.replace(at, run->bytes, codes.bytes, codes.size);
  JoinRuns(value, before);
  DropCachedCount(value.data());
  return Added::kChanged;
}

// --- the estimate (Ertl, algorithm 6)

double Sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double power = 1;
  double sum = x;
  double before;
  do {
    x *= x;
    before = sum;
    sum += x * power;
    power += power;
  } while (before != sum);
  return sum;
}

double Tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double power = 1;
  double sum = 1 - x;
  double before;
  do {
    x = std::sqrt(x);
    before = sum;
    power *= 0.5;
    sum -= std::pow(1 - x, 2) * power;
  } while (before != sum);
  return sum / 3;
}

uint64_t Estimate(const Histogram& histogram) {
  constexpr double kAlphaInfinity = 0.721347520444481703680;  // 1 / (2 ln 2)
  constexpr double kCount = kRegisters;
  // The order of these operations decides the last digit, which other servers' caches hold too.
  double z = kCount * Tau((kCount - histogram[kValueBits + 1]) / kCount);
  for (unsigned value = kValueBits; value >= 1; --value) {
    z += histogram[value];
    z *= 0.5;
  }
  z += kCount * Sigma(histogram[0] / kCount);
  return static_cast<uint64_t>(std::llround(kAlphaInfinity * kCount * kCount / z));
}

}  // namespace

bool IsValue(std::string_view value) {
  if (value.size() < kHeaderBytes || !value.starts_with("HYLL")) return false;
  return value[4] == kSparse || (value[4] == kDense && value.size() == kDenseBytes);
}

bool IsSparse(std::string_view value) {
  return value[4] == kSparse;
}

std::string Empty() {
  std::string value("HYLL", kHeaderBytes - 12);
  value.push_back(kSparse);
  value.resize(kHeaderBytes, '\0');
  Codes codes;
  codes.Zeros(kRegisters);
  value.append(codes.bytes, codes.size);
  return value;
}

Added Raise(std::string& value, size_t index, uint8_t count, size_t max_sparse_bytes) {
  assert(index < kRegisters && IsValue(value));
  if (!IsSparse(value)) return RaiseDense(value.data(), index, count);
  return RaiseSparse(value, index, count, max_sparse_bytes);
}

Added Add(std::string& value, std::string_view element, size_t max_sparse_bytes) {
  const Rise rise = RiseOf(element);
  return Raise(value, rise.index, rise.count, max_sparse_bytes);
}

Added AddDense(char* value, std::string_view element) {
  const Rise rise = RiseOf(element);
  return RaiseDense(value, rise.index, rise.count);
}

bool MakeDense(std::string& value) {
  if (!IsSparse(value)) return true;
  std::string dense(kDenseBytes, '\0');
  dense.replace(0, kHeaderBytes, value, 0, kHeaderBytes);
  dense[4] = kDense;
  char* registers = dense.data() + kHeaderBytes;
  const bool whole = ForEachRun(value, [&](size_t first, const Run& run) {
    if (run.value == 0) return;
    for (size_t i = 0; i < run.length; ++i) SetDenseRegister(registers, first + i, run.value);
  });
  if (whole) value = std::move(dense);
  return whole;
}

std::optional<uint64_t> CachedCount(std::string_view value) {
  if ((static_cast<uint8_t>(value[15]) & 0x80) != 0) return std::nullopt;
  uint64_t count = 0;
  for (size_t i = 0; i < 8; ++i) {
    count |= uint64_t{static_cast<uint8_t>(value[8 + i])} << (8 * i);
  }
  return count;
}

void SetCachedCount(char* value, uint64_t count) {
  for (size_t i = 0; i < 8; ++i) value[8 + i] = static_cast<char>(count >> (8 * i));
}

void DropCachedCount(char* value) {
  value[15] = static_cast<char>(static_cast<uint8_t>(value[15]) | 0x80);
}

std::optional<uint64_t> Count(std::string_view value) {
  if (!IsSparse(value)) {
    Registers registers;
    Unpack(value.data() + kHeaderBytes, registers);
    return Count(registers);
  }
  Histogram histogram{};
  const bool whole = ForEachRun(value, [&](size_t, const Run& run) {
    histogram[run.value] += static_cast<uint32_t>(run.length);
  });
  if (!whole) return std::nullopt;
  return Estimate(histogram);
}

uint64_t Count(const Registers& registers) {
  return Estimate(CountValues(registers));
}

bool Merge(Registers& registers, std::string_view value) {
  if (!IsSparse(value)) {
    Registers other;
    Unpack(value.data() + kHeaderBytes, other);
    RaiseAll(registers, other);
    return true;
  }
  return ForEachRun(value, [&](size_t first, const Run& run) {
    if (run.value == 0) return;
    for (size_t i = first; i < first + run.length; ++i) {
      if (run.value > registers[i]) registers[i] = run.value;
    }
  });
}

std::string Decode(std::string_view value) {
  std::string text;
  for (size_t at = kHeaderBytes; at < value.size();) {
    const std::optional<Run> run = RunAt(value, at);
    if (!run) break;
    if (!text.empty()) text += ' ';
    if (run->value == 0) {
      text += run->bytes == 2 ? "Z:" : "z:";
    } else {
      text += "v:" + std::to_string(run->value) + ',';
    }
    text += std::to_string(run->length);
    at += run->bytes;
  }
  return text;
}

}  // namespace gotthard::hyperloglog
