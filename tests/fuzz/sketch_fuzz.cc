// Fuzzer: bytes that pass as a sketch (Bloom or Cuckoo filter, Count-Min, Top-K, t-digest) can be
// asked and added to without harm, and are written back as they were read.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "types/bloom_filter.h"
#include "types/count_min_sketch.h"
#include "types/cuckoo_filter.h"
#include "types/hyperloglog.h"
#include "types/t_digest.h"
#include "types/top_k.h"

namespace gotthard {
namespace {

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "sketch_fuzz: %s\n", what);
  std::abort();
}

void Bloom(std::string_view bytes) {
  const auto filter = BloomFilter::Parse(bytes);
  if (filter == nullptr) return;
  Check(filter->Serialise() == bytes, "bloom: bytes");
  // Growing is bounded by memory, which the fuzzer's limits take for a crash.
  if (filter->capacity() > 1 << 16 || filter->expansion() > 16) return;
  const auto added = filter->Add("item");
  const bool stored = added == BloomFilter::Added::kNew || added == BloomFilter::Added::kPresent;
  Check(filter->Contains("item") == stored, "bloom: item");
}

void Cuckoo(std::string_view bytes) {
  const auto filter = CuckooFilter::Parse(bytes);
  if (filter == nullptr) return;
  Check(filter->Serialise() == bytes, "cuckoo: bytes");
  if (filter->buckets() > 1 << 12 || filter->expansion() > 16) return;
  if (filter->Add("item") == CuckooFilter::Added::kAdded) {
    Check(filter->Contains("item"), "cuckoo: item");
    Check(filter->Delete("item"), "cuckoo: delete");
  }
}

void CountMin(std::string_view bytes) {
  const auto sketch = CountMinSketch::Parse(bytes);
  if (sketch == nullptr) return;
  Check(sketch->Serialise() == bytes, "count-min: bytes");
  const uint32_t before = sketch->Estimate("item");
  Check(sketch->Add("item", 5) >= before, "count-min: add");
}

void Top(std::string_view bytes) {
  const auto top = TopK::Parse(bytes);
  if (top == nullptr) return;
  top->Add("item", 100000);
  top->Count("item");
  Check(top->List().size() == top->items(), "top-k: list");
}

void Digest(std::string_view bytes) {
  const auto digest = TDigest::Parse(bytes);
  if (digest == nullptr) return;
  for (const double q : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    const double value = digest->Quantile(q);
    if (digest->observations() > 0) {
      Check(value >= digest->min() && value <= digest->max(), "t-digest: quantile");
      Check(digest->Cdf(value) >= 0 && digest->Cdf(value) <= 1, "t-digest: cdf");
    }
  }
  digest->Add(1.5);
  digest->TrimmedMean(0.1, 0.9);
}

void HyperLogLog(std::string_view bytes) {
  if (!hyperloglog::IsValue(bytes)) return;
  std::string value(bytes);
  hyperloglog::Registers registers{};
  const bool whole = hyperloglog::Merge(registers, value);
  Check(whole == hyperloglog::Count(value).has_value(), "hyperloglog: count");
  hyperloglog::Decode(value);
  for (const char* element : {"a", "b", "c"}) hyperloglog::Add(value, element, 64);
  Check(hyperloglog::IsValue(value), "hyperloglog: add");
}

}  // namespace
}  // namespace gotthard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gotthard;  // NOLINT(google-build-using-namespace): one function, one file
  if (size == 0) return 0;
  const std::vector<char> exact(data + 1, data + size);
  const std::string_view bytes(exact.data(), exact.size());
  constexpr void (*kKinds[])(std::string_view) = {Bloom, Cuckoo, CountMin,
                                                  Top,   Digest, HyperLogLog};
  kKinds[data[0] % std::size(kKinds)](bytes);
  return 0;
}
