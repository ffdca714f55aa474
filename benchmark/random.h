// Random numbers for request building: fast, seeded, the same on every machine.
//
// Owning thread: a generator is a value; each thread that needs one has its own.
#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>

namespace gotthard::bench {

// SplitMix64 (Steele, Lea, Flood 2014). Period 2^64, any seed.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  // 0..bound-1, by the high half of a 128-bit product. REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
  // [0, 1)
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

// Ranks 0..n-1, rank k drawn with a probability proportional to 1/(k+1)^exponent.
// Rejection-inversion (Hoermann and Derflinger 1996): no table, constant time, whatever n.
class Zipf {
 public:
  // REQUIRES: n > 0, exponent > 0.
  Zipf(uint64_t n, double exponent) : n_(static_cast<double>(n)), exponent_(exponent) {
    low_ = Integral(1.5) - 1;
    high_ = Integral(n_ + 0.5);
    accept_ = 2 - InverseIntegral(Integral(2.5) - Density(2));
  }

  uint64_t Next(Random& random) const {
    while (true) {
      const double u = high_ + random.Unit() * (low_ - high_);
      const double x = InverseIntegral(u);
      const double k = std::fmin(std::fmax(std::floor(x + 0.5), 1), n_);
      if (k - x <= accept_ || u >= Integral(k + 0.5) - Density(k)) {
        return static_cast<uint64_t>(k) - 1;
      }
    }
  }

 private:
  double Density(double x) const { return std::exp(-exponent_ * std::log(x)); }
  // The integral of the density from 1 to x, written so that exponent 1 needs no case of its own.
  double Integral(double x) const {
    const double log_x = std::log(x);
    return Expm1Over((1 - exponent_) * log_x) * log_x;
  }
  double InverseIntegral(double y) const {
    const double t = std::fmax(y * (1 - exponent_), -1.0);
    return std::exp(Log1pOver(t) * y);
  }
  static double Log1pOver(double t) { return std::fabs(t) > 1e-8 ? std::log1p(t) / t : 1 - t / 2; }
  static double Expm1Over(double t) { return std::fabs(t) > 1e-8 ? std::expm1(t) / t : 1 + t / 2; }

  double n_;
  double exponent_;
  double low_;
  double high_;
  double accept_;
};

// Spreads ranks over the key space, one to one, so that the hot keys of a skewed load are not
// neighbours in it: rank * step mod n with a step that shares no factor with n.
class Scatter {
 public:
  // REQUIRES: n > 0.
  explicit Scatter(uint64_t n) : n_(n), step_(n * 0.6180339887498949) {
    while (std::gcd(step_, n_) != 1) ++step_;
  }
  uint64_t operator()(uint64_t rank) const {
    return static_cast<uint64_t>(static_cast<unsigned __int128>(rank) * step_ % n_);
  }

 private:
  uint64_t n_;
  uint64_t step_;
};

}  // namespace gotthard::bench
