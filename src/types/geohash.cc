#include "types/geohash.h"

#include <algorithm>
#include <cmath>

namespace gotthard {
namespace {

constexpr double kEarthRadiusM = 6372797.560856;
constexpr double kMercatorMax = 20037726.37;  // half the equator, roughly

double Radians(double degrees) {
  return degrees * (M_PI / 180.0);
}
double Degrees(double radians) {
  return radians / (M_PI / 180.0);
}

struct Range {
  double min;
  double max;
};
constexpr Range kLongitudes{-kGeoMaxLongitude, kGeoMaxLongitude};
constexpr Range kLatitudes{-kGeoMaxLatitude, kGeoMaxLatitude};

// The bits of `value` to the even places.
uint64_t Spread(uint32_t value) {
  uint64_t x = value;
  x = (x | x << 16) & 0x0000ffff0000ffff;
  x = (x | x << 8) & 0x00ff00ff00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
  x = (x | x << 2) & 0x3333333333333333;
  x = (x | x << 1) & 0x5555555555555555;
  return x;
}

// And back.
uint32_t Gather(uint64_t x) {
  x &= 0x5555555555555555;
  x = (x | x >> 1) & 0x3333333333333333;
  x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0f;
  x = (x | x >> 4) & 0x00ff00ff00ff00ff;
  x = (x | x >> 8) & 0x0000ffff0000ffff;
  x = (x | x >> 16) & 0x00000000ffffffff;
  return static_cast<uint32_t>(x);
}

// A cell of the grid with 2^step columns and rows.
struct Cell {
  uint64_t bits = 0;
  unsigned step = 0;
};

uint64_t EncodeIn(const GeoPoint& point, Range longitudes, Range latitudes, unsigned step) {
  const auto scale = static_cast<double>(uint64_t{1} << step);
  const double row = (point.latitude - latitudes.min) / (latitudes.max - latitudes.min) * scale;
  const double column =
      (point.longitude - longitudes.min) / (longitudes.max - longitudes.min) * scale;
  return Spread(static_cast<uint32_t>(row)) | Spread(static_cast<uint32_t>(column)) << 1;
}

struct Bounds {
  Range longitude;
  Range latitude;
};

Bounds BoundsOf(Cell cell) {
  const uint32_t row = Gather(cell.bits);
  const uint32_t column = Gather(cell.bits >> 1);
  const auto scale = static_cast<double>(uint64_t{1} << cell.step);
  const double height = kLatitudes.max - kLatitudes.min;
  const double width = kLongitudes.max - kLongitudes.min;
  return {.longitude = {kLongitudes.min + (column * 1.0 / scale) * width,
                        kLongitudes.min + ((column + 1) * 1.0 / scale) * width},
          .latitude = {kLatitudes.min + (row * 1.0 / scale) * height,
                       kLatitudes.min + ((row + 1) * 1.0 / scale) * height}};
}

// The cell `columns` to the east and `rows` to the north, round the world both ways. Places at 180
// degrees have a column of their own, behind the last; a step from there leads back into the grid.
Cell Neighbour(Cell cell, int columns, int rows) {
  const auto mask = static_cast<uint32_t>((uint64_t{1} << cell.step) - 1);
  uint32_t column = Gather(cell.bits >> 1);
  uint32_t row = Gather(cell.bits);
  if (columns != 0) column = (column + static_cast<uint32_t>(columns)) & mask;
  if (rows != 0) row = (row + static_cast<uint32_t>(rows)) & mask;
  return {Spread(row) | Spread(column) << 1, cell.step};
}

// How fine the grid may be so that nine cells cover the range, in most cases.
unsigned EstimateStep(double range_m, double latitude) {
  if (range_m == 0) return kGeoMaxStep;
  int step = 1;
  for (; range_m < kMercatorMax; range_m *= 2) ++step;
  step -= 2;
  // Cells get narrow towards the poles.
  if (std::fabs(latitude) > 66) --step;
  if (std::fabs(latitude) > 80) --step;
  return static_cast<unsigned>(std::clamp(step, 1, static_cast<int>(kGeoMaxStep)));
}

// West, south, east and north of an area. On the southern hemisphere its widest parallel is the
// other one.
Bounds BoxAround(const GeoArea& area) {
  const double half_height = area.is_box ? area.height_m / 2 : area.radius_m;
  const double half_width = area.is_box ? area.width_m / 2 : area.radius_m;
  const auto [longitude, latitude] = area.center;
  const double rows = Degrees(half_height / kEarthRadiusM);
  const double top = Degrees(half_width / kEarthRadiusM / std::cos(Radians(latitude + rows)));
  const double bottom = Degrees(half_width / kEarthRadiusM / std::cos(Radians(latitude - rows)));
  const double columns = latitude < 0 ? bottom : top;
  return {.longitude = {longitude - columns, longitude + columns},
          .latitude = {latitude - rows, latitude + rows}};
}

bool NeighboursReach(Cell cell, const Bounds& box) {
  return BoundsOf(Neighbour(cell, 0, 1)).latitude.max >= box.latitude.max &&
         BoundsOf(Neighbour(cell, 0, -1)).latitude.min <= box.latitude.min &&
         BoundsOf(Neighbour(cell, 1, 0)).longitude.max >= box.longitude.max &&
         BoundsOf(Neighbour(cell, -1, 0)).longitude.min <= box.longitude.min;
}

GeoCell ScoresOf(Cell cell) {
  const unsigned shift = 2 * (kGeoMaxStep - cell.step);
  return {static_cast<double>(cell.bits << shift), static_cast<double>((cell.bits + 1) << shift)};
}

double LatitudeDistance(double from, double to) {
  return kEarthRadiusM * std::fabs(Radians(to) - Radians(from));
}

}  // namespace

bool IsGeoPoint(const GeoPoint& point) {
  return std::fabs(point.longitude) <= kGeoMaxLongitude &&
         std::fabs(point.latitude) <= kGeoMaxLatitude;
}

uint64_t GeoEncode(const GeoPoint& point) {
  return EncodeIn(point, kLongitudes, kLatitudes, kGeoMaxStep);
}

std::optional<GeoPoint> GeoDecode(double score) {
  constexpr double kTooLarge = 18446744073709551616.0;
  if (!(score >= 0 && score < kTooLarge)) return std::nullopt;
  const Bounds bounds = BoundsOf({static_cast<uint64_t>(score), kGeoMaxStep});
  return GeoPoint{
      std::clamp((bounds.longitude.min + bounds.longitude.max) / 2, kLongitudes.min,
                 kLongitudes.max),
      std::clamp((bounds.latitude.min + bounds.latitude.max) / 2, kLatitudes.min, kLatitudes.max)};
}

std::string GeohashText(const GeoPoint& point) {
  static constexpr char kAlphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  const uint64_t bits = EncodeIn(point, {-180, 180}, {-90, 90}, kGeoMaxStep);
  std::string text;
  for (unsigned i = 1; i <= 10; ++i) text += kAlphabet[bits >> (52 - i * 5) & 0x1f];
  return text + '0';  // 52 bits are ten characters and two bits
}

double GeoDistance(const GeoPoint& from, const GeoPoint& to) {
  const double v = std::sin((Radians(to.longitude) - Radians(from.longitude)) / 2);
  if (v == 0.0) return LatitudeDistance(from.latitude, to.latitude);
  const double from_latitude = Radians(from.latitude);
  const double to_latitude = Radians(to.latitude);
  const double u = std::sin((to_latitude - from_latitude) / 2);
  const double a = u * u + std::cos(from_latitude) * std::cos(to_latitude) * v * v;
  return 2.0 * kEarthRadiusM * std::asin(std::sqrt(a));
}

GeoCells CellsAround(const GeoArea& area) {
  const Bounds box = BoxAround(area);
  const double range_m = area.is_box ? std::sqrt((area.width_m / 2) * (area.width_m / 2) +
                                                 (area.height_m / 2) * (area.height_m / 2))
                                     : area.radius_m;
  Cell middle;
  middle.step = EstimateStep(range_m, area.center.latitude);
  middle.bits = EncodeIn(area.center, kLongitudes, kLatitudes, middle.step);
  if (middle.step > 1 && !NeighboursReach(middle, box)) {
    --middle.step;
    middle.bits = EncodeIn(area.center, kLongitudes, kLatitudes, middle.step);
  }
  const Bounds bounds = BoundsOf(middle);
  // Sides that the middle cell covers already.
  const bool fine = middle.step >= 2;
  const bool no_south = fine && bounds.latitude.min < box.latitude.min;
  const bool no_north = fine && bounds.latitude.max > box.latitude.max;
  const bool no_west = fine && bounds.longitude.min < box.longitude.min;
  const bool no_east = fine && bounds.longitude.max > box.longitude.max;
  struct Direction {
    int columns;
    int rows;
  };
  static constexpr Direction kOrder[] = {{0, 0}, {0, 1},  {0, -1}, {1, 0},  {-1, 0},
                                         {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  GeoCells found;
  Cell last;
  for (const auto [columns, rows] : kOrder) {
    if ((rows < 0 && no_south) || (rows > 0 && no_north)) continue;
    if ((columns < 0 && no_west) || (columns > 0 && no_east)) continue;
    const Cell cell = Neighbour(middle, columns, rows);
    // In a grid of two columns the neighbours on both sides are one.
    if (found.count > 1 && cell.bits == last.bits) continue;
    found.cells[found.count++] = ScoresOf(cell);
    last = cell;
  }
  return found;
}

GeoFilter::GeoFilter(const GeoArea& area)
    : area_(area),
      center_latitude_(Radians(area.center.latitude)),
      center_longitude_(Radians(area.center.longitude)),
      center_cosine_(std::cos(Radians(area.center.latitude))) {
  // A millionth more than exact: what is within is computed exactly.
  constexpr double kSlack = 1 + 1e-6;
  const double half_height = area.is_box ? area.height_m / 2 : area.radius_m;
  latitude_slack_ = Degrees(half_height / kEarthRadiusM) * kSlack + 1e-9;
  const double half_angle = area.radius_m / (2 * kEarthRadiusM);
  const double sine = std::sin(half_angle);
  haversine_limit_ = half_angle < M_PI / 2 ? sine * sine * kSlack + 1e-15 : 2;
}

std::optional<double> GeoFilter::Distance(const GeoPoint& point) const {
  if (std::fabs(point.latitude - area_.center.latitude) > latitude_slack_) return std::nullopt;
  if (area_.is_box) {
    if (LatitudeDistance(point.latitude, area_.center.latitude) > area_.height_m / 2) {
      return std::nullopt;
    }
    const GeoPoint beside{area_.center.longitude, point.latitude};
    if (GeoDistance(point, beside) > area_.width_m / 2) return std::nullopt;
    return GeoDistance(area_.center, point);
  }
  // GeoDistance from the centre, with what is known of it, and without the arc where it is in vain.
  const double v = std::sin((Radians(point.longitude) - center_longitude_) / 2);
  double distance_m;
  if (v == 0.0) {
    distance_m = LatitudeDistance(area_.center.latitude, point.latitude);
  } else {
    const double latitude = Radians(point.latitude);
    const double u = std::sin((latitude - center_latitude_) / 2);
    const double a = u * u + center_cosine_ * std::cos(latitude) * v * v;
    if (a > haversine_limit_) return std::nullopt;
    distance_m = 2.0 * kEarthRadiusM * std::asin(std::sqrt(a));
  }
  if (distance_m > area_.radius_m) return std::nullopt;
  return distance_m;
}

}  // namespace gotthard
