#include "types/geohash.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "base/random.h"

namespace gotthard {
namespace {

TEST_CASE("a place survives encoding up to half a metre") {
  Random random(4);
  for (int i = 0; i < 10'000; ++i) {
    const GeoPoint point{(random.NextUnit() * 2 - 1) * kGeoMaxLongitude,
                         (random.NextUnit() * 2 - 1) * kGeoMaxLatitude};
    REQUIRE(IsGeoPoint(point));
    const uint64_t bits = GeoEncode(point);
    REQUIRE(bits < uint64_t{1} << 52);
    const auto decoded = GeoDecode(static_cast<double>(bits));
    REQUIRE(decoded.has_value());
    REQUIRE(GeoDistance(point, *decoded) < 0.5);
    REQUIRE(GeoEncode(*decoded) == bits);
  }
  CHECK(!IsGeoPoint({180.1, 0}));
  CHECK(!IsGeoPoint({0, 85.06}));
  CHECK(!GeoDecode(-1).has_value());
  CHECK(!GeoDecode(INFINITY).has_value());
}

// The example that the documentation of GEOADD has.
TEST_CASE("known places have known hashes and distances") {
  const GeoPoint palermo{13.361389, 38.115556};
  const GeoPoint catania{15.087269, 37.502669};
  CHECK(GeoEncode(palermo) == 3479099956230698);
  CHECK(GeoEncode(catania) == 3479447370796909);
  CHECK(GeohashText(*GeoDecode(3479099956230698)) == "sqc8b49rny0");
  CHECK(GeohashText(*GeoDecode(3479447370796909)) == "sqdtr74hyu0");
  CHECK(std::fabs(GeoDistance(*GeoDecode(3479099956230698), *GeoDecode(3479447370796909)) -
                  166274.1516) < 0.0001);
}

// The filter may be clever, but must say what the plain formula says; and the cells must cover what
// the filter lets through, away from the poles and the date line.
TEST_CASE("cells and filter find what a plain search finds") {
  Random random(8);
  for (int round = 0; round < 300; ++round) {
    GeoArea area;
    area.center = {(random.NextUnit() * 2 - 1) * 150, (random.NextUnit() * 2 - 1) * 60};
    const double size_m = std::pow(10, 1 + random.NextUnit() * 5);
    area.is_box = round % 2 == 0;
    area.radius_m = size_m;
    area.width_m = size_m * (0.5 + random.NextUnit());
    area.height_m = size_m * (0.5 + random.NextUnit());
    const GeoFilter filter(area);
    const GeoCells cells = CellsAround(area);
    const double degrees = size_m / 111'000 * 2;
    for (int i = 0; i < 300; ++i) {
      const GeoPoint near{area.center.longitude + (random.NextUnit() * 2 - 1) * degrees,
                          area.center.latitude + (random.NextUnit() * 2 - 1) * degrees};
      if (!IsGeoPoint(near)) continue;
      const auto score = static_cast<double>(GeoEncode(near));
      const GeoPoint point = *GeoDecode(score);
      const double distance_m = GeoDistance(area.center, point);
      bool inside = distance_m <= area.radius_m;
      if (area.is_box) {
        const GeoPoint beside{area.center.longitude, point.latitude};
        const GeoPoint level{point.longitude, area.center.latitude};
        inside = GeoDistance(point, beside) <= area.width_m / 2 &&
                 GeoDistance(level, {level.longitude, point.latitude}) <= area.height_m / 2;
      }
      const auto found = filter.Distance(point);
      REQUIRE(found.has_value() == inside);
      if (!inside) continue;
      REQUIRE(*found == distance_m);
      int covered = 0;
      for (unsigned c = 0; c < cells.count; ++c) {
        covered += score >= cells.cells[c].low && score < cells.cells[c].high ? 1 : 0;
      }
      REQUIRE(covered == 1);
    }
  }
}

}  // namespace
}  // namespace gotthard
