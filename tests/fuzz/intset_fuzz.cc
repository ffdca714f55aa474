// Fuzzer: bytes that pass as an intset can be read and edited without harm.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <vector>

#include "types/intset.h"

namespace gotthard {
namespace {

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "intset_fuzz: %s\n", what);
  std::abort();
}

void Exercise(std::string_view bytes, int64_t value) {
  std::set<int64_t> model;
  const Intset set(bytes);
  for (size_t i = 0; i < set.Count(); ++i) {
    Check(set.LowerBound(set.Get(i)) == i, "not found where it is");
    model.insert(set.Get(i));
  }
  Check(model.size() == set.Count(), "duplicates");
  HeapPacked packed(bytes);
  Check(IntsetAdd(packed, value) == model.insert(value).second, "add");
  Check(ValidateIntset(packed.view()), "an edit broke it");
  Check(Intset(packed.view()).Count() == model.size() && Intset(packed.view()).Has(value), "added");
  Check(IntsetRemove(packed, *model.begin()), "remove");
  model.erase(model.begin());
  size_t i = 0;
  for (const int64_t left : model) Check(Intset(packed.view()).Get(i++) == left, "left over");
}

}  // namespace
}  // namespace gotthard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gotthard;  // NOLINT(google-build-using-namespace): one function, one file
  if (size < 4) return 0;
  const auto bits = static_cast<uint64_t>(data[1]) << 56 | static_cast<uint64_t>(data[2]) << 8;
  const int64_t value = static_cast<int64_t>(bits) >> (data[0] & 63);
  std::vector<char> bytes(data + 3, data + size);
  const size_t width = size_t{1} << (1 + (data[0] >> 6) % 3);
  if (data[0] < 192 && bytes.size() >= width) {
    // A header that fits: mutation is to reach the order of the integers.
    const size_t count = bytes.size() / width;
    bytes.resize(count * width);
    bytes.insert(bytes.begin(), kIntsetHeaderBytes, '\0');
    bytes[0] = static_cast<char>(width);
    for (size_t i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(count >> (8 * i));
  }
  bytes.shrink_to_fit();
  const std::string_view view(bytes.data(), bytes.size());
  if (ValidateIntset(view)) Exercise(view, value);
  return 0;
}
