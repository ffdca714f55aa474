// TDigest: quantiles, ranks and trimmed means of numbers that are not kept, most exact at both ends
// of the distribution (Dunning and Ertl, arXiv:1902.04023, the merging variant).
//
// Neighbouring numbers are merged into centroids (mean, weight) as long as their share of all
// weights stays below q (1 - q) 2 pi ln(n) / compression, q being where in the distribution they
// lie: about `compression` centroids in the end. New numbers wait in a buffer behind the centroids
// and are merged when it is full, or when somebody asks. Until the first merge that joins two
// numbers every answer is exact.
//
//   bytes:  f64 compression | f64 min | f64 max | u64 merges | u32 centroids
//           | (f64 mean, f64 weight) per centroid, ascending
//
// Owning thread: whoever owns it (the execution thread). Limits: 6 * compression + 10 centroids and
// waiting numbers together; weights are exact to 2^53.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

class TDigest {
 public:
  // Larger ones are refused: 2 GB of centroids each.
  static constexpr int64_t kMaxCompression = 20000000;

  // REQUIRES: 1 <= compression <= kMaxCompression.
  explicit TDigest(int64_t compression);
  static std::unique_ptr<TDigest> Parse(std::string_view bytes);
  // Merges what waits first.
  std::string Serialise();

  // REQUIRES: `value` is finite, weight >= 1.
  void Add(double value, double weight = 1);
  void Merge(TDigest& other);
  void Reset();

  // --- Answers. NaN when there are no numbers.
  double min() const;
  double max() const;
  // The number below which a share of `quantile` lies. REQUIRES: 0 <= quantile <= 1.
  double Quantile(double quantile);
  // The number with the rank `index` (0 is the smallest). REQUIRES: 0 <= index <= observations().
  double AtRank(double index);
  // How many numbers are below `value`, and half of those equal to it; and the share of all.
  double Below(double value);
  double Cdf(double value);
  // The mean of what lies between two quantiles. REQUIRES: 0 <= low < high <= 1.
  double TrimmedMean(double low, double high);

  double observations() const { return merged_weight_ + waiting_weight_; }
  double merged_weight() const { return merged_weight_; }
  double waiting_weight() const { return waiting_weight_; }
  size_t merged_nodes() const { return merged_; }
  size_t waiting_nodes() const { return nodes_.size() - merged_; }
  uint64_t merges() const { return merges_; }
  int64_t compression() const { return compression_; }
  size_t capacity() const { return static_cast<size_t>(compression_) * 6 + 10; }
  size_t memory_bytes() const { return sizeof(*this) + nodes_.capacity() * sizeof(Centroid); }

 private:
  struct Centroid {
    double mean;
    double weight;
  };

  // Merges what waits.
  void Settle();
  // The value on the border of a centroid and the one before it.
  double Border(size_t i) const;

  int64_t compression_;
  std::vector<Centroid> nodes_;  // merged ones in order, then those that wait
  size_t merged_ = 0;
  double merged_weight_ = 0;
  double waiting_weight_ = 0;
  double min_;
  double max_;
  uint64_t merges_ = 0;
};

}  // namespace gotthard
