// Geohashes: places on the earth as integers of 52 bits, and which of them can be within an area.
//
// Longitude and latitude are cut into 2^26 steps each, and the bits of both interleaved, the
// longitude's first (G. M. Morton 1966; geohash, G. Niemeyer 2008). A prefix of the bits is a cell
// of a grid, and the places in a cell are neighbours in the order of their hashes. The limits of
// the latitude are those of EPSG:3857. All figures are computed as Redis computes them, operation
// by operation, because clients compare what is printed.
//
// Owning thread: any; pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace gotthard {

struct GeoPoint {
  double longitude = 0;  // degrees
  double latitude = 0;
};

inline constexpr double kGeoMaxLongitude = 180;
inline constexpr double kGeoMaxLatitude = 85.05112878;
inline constexpr unsigned kGeoMaxStep = 26;  // bits of each coordinate

// Whether geohashes reach there.
bool IsGeoPoint(const GeoPoint& point);
// The 52 bits. REQUIRES: IsGeoPoint.
uint64_t GeoEncode(const GeoPoint& point);
// The middle of the cell that a score names; nullopt if it cannot be a geohash.
std::optional<GeoPoint> GeoDecode(double score);
// The eleven characters of the public geohash (geohash.org), the last of them always '0'.
std::string GeohashText(const GeoPoint& point);
// Metres between two points, along the great circle of a sphere (haversine formula).
double GeoDistance(const GeoPoint& from, const GeoPoint& to);

// A circle around a point, or a box with sides along the meridians and parallels.
struct GeoArea {
  GeoPoint center;
  bool is_box = false;
  double radius_m = 0;
  double width_m = 0;
  double height_m = 0;
};

// A range of scores: [low, high).
struct GeoCell {
  double low;
  double high;
};
// At most nine cells that cover an area, in the order in which they are searched.
struct GeoCells {
  std::array<GeoCell, 9> cells;
  unsigned count = 0;
};
GeoCells CellsAround(const GeoArea& area);

// Tells quickly which points are in an area.
class GeoFilter {
 public:
  explicit GeoFilter(const GeoArea& area);
  // The distance in metres from the centre, if the point is inside.
  std::optional<double> Distance(const GeoPoint& point) const;

 private:
  GeoArea area_;
  double latitude_slack_;    // degrees from the centre's latitude where no point can be inside
  double haversine_limit_;   // of a circle: no point with more than this is inside
  double center_latitude_;   // radians
  double center_longitude_;  // radians
  double center_cosine_;
};

}  // namespace gotthard
