// Geo: places in a sorted set whose scores are geohashes: the commands that add and show places.
#include "commands/geo.h"

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/join_rows.h"
#include "commands/zset.h"
#include "exec/context.h"

namespace gotthard {

Result<GeoPoint> ParseGeoPoint(const Args& args, size_t at) {
  const std::optional<double> longitude = ParseDouble(args[at]);
  const std::optional<double> latitude = ParseDouble(args[at + 1]);
  if (!longitude || !latitude) return kErrNotFloat;
  const GeoPoint point{*longitude, *latitude};
  if (IsGeoPoint(point)) return point;
  char text[800];
  const int length = std::snprintf(text, sizeof(text), "ERR invalid longitude,latitude pair %f,%f",
                                   *longitude, *latitude);
  return Status::Error(std::string(text, static_cast<size_t>(length)));
}

Result<double> ParseGeoUnit(std::string_view unit) {
  static constexpr ErrorText kUnit{"ERR unsupported unit provided. please use M, KM, FT, MI"};
  if (IsOption(unit, "m")) return 1.0;
  if (IsOption(unit, "km")) return 1000.0;
  if (IsOption(unit, "ft")) return 0.3048;
  if (IsOption(unit, "mi")) return 1609.34;
  return kUnit;
}

Replied ReplyDistance(ReplyWriter& reply, double distance) {
  const int64_t scaled = std::llrint(distance * 10000);
  char text[40];
  const int length =
      std::snprintf(text, sizeof(text), "%lld.%04lld", static_cast<long long>(scaled / 10000),
                    static_cast<long long>(scaled % 10000));
  return reply.Bulk({text, static_cast<size_t>(length)});
}

Replied ReplyGeoPoint(ReplyWriter& reply, const GeoPoint& point) {
  reply.ArrayHeader(2);
  reply.LongDouble(point.longitude);
  return reply.LongDouble(point.latitude);
}

namespace {

Status Geoadd(Context& ctx, const Args& args) {
  unsigned flags = 0;
  bool count_changed = false;
  size_t at = 2;
  for (; at < args.size(); ++at) {
    if (IsOption(args[at], "nx")) {
      flags |= kZaddNx;
    } else if (IsOption(args[at], "xx")) {
      flags |= kZaddXx;
    } else if (IsOption(args[at], "ch")) {
      count_changed = true;
    } else {
      break;
    }
  }
  const size_t rest = args.size() - at;
  if (rest == 0 || rest % 3 != 0 || flags == (kZaddNx | kZaddXx)) return kErrSyntax;
  std::vector<ScoredMember> places;
  places.reserve(rest / 3);
  for (; at < args.size(); at += 3) {
    Result<GeoPoint> point = ParseGeoPoint(args, at);
    if (!point) return point.error();
    places.push_back({static_cast<double>(GeoEncode(*point)), args[at + 2]});
  }
  return AddMembers(ctx, args.key(1), places, flags, count_changed);
}

std::optional<GeoPoint> PlaceOf(const ZsetView& set, std::string_view member) {
  const std::optional<double> score = set.Score(member);
  return score ? GeoDecode(*score) : std::nullopt;
}

Status Geodist(Context& ctx, const Args& args) {
  if (args.size() > 5) return kErrSyntax;
  double unit_m = 1;
  if (args.size() == 5) {
    Result<double> unit = ParseGeoUnit(args[4]);
    if (!unit) return unit.error();
    unit_m = *unit;
  }
  Result<ZsetView> set = ReadZset(ctx, args.key(1));
  if (!set) return set.error();
  const std::optional<GeoPoint> from = PlaceOf(*set, args[2]);
  const std::optional<GeoPoint> to = PlaceOf(*set, args[3]);
  if (!from || !to) return ctx.reply().Null();
  return ReplyDistance(ctx.reply(), GeoDistance(*from, *to) / unit_m);
}

// Calls answer(reply, place) for each member that is asked for; the place is empty if it has none.
template <typename Answer>
Status ForEachPlace(Context& ctx, const Args& args, Answer&& answer) {
  Result<ZsetView> set = ReadZset(ctx, args.key(1));
  if (!set) return set.error();
  ReplyWriter& reply = ctx.reply();
  reply.ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) answer(reply, PlaceOf(*set, args[i]));
  return Status::Ok();
}

Status Geohash(Context& ctx, const Args& args) {
  return ForEachPlace(ctx, args, [](ReplyWriter& reply, const std::optional<GeoPoint>& place) {
    place ? reply.Bulk(GeohashText(*place)) : reply.Null();
  });
}

Status Geopos(Context& ctx, const Args& args) {
  return ForEachPlace(ctx, args, [](ReplyWriter& reply, const std::optional<GeoPoint>& place) {
    if (place) {
      ReplyGeoPoint(reply, *place);
    } else {
      reply.NullArray();
    }
  });
}

constexpr CommandSpec kRows[] = {
    Command({.name = "geoadd",
             .arity = -5,
             .flags = kWrite | kDenyOom,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Geoadd,
             .since = "3.2.0",
             .complexity = "O(log(N)) for each place added, where N is the number of places.",
             .summary = "Adds places to a geospatial index, a sorted set whose scores are "
                        "geohashes.",
             .syntax = "key [NX | XX]@6.2.0 [change=CH]@6.2.0 data=<longitude latitude "
                       "member>...",
             .history = "6.2.0: Added the `CH`, `NX` and `XX` options."}),
    Command({.name = "geodist",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Geodist,
             .since = "3.2.0",
             .complexity = "O(1)",
             .summary = "Returns the distance between two places of a geospatial index.",
             .syntax = "key member1 member2 unit=[M | KM | FT | MI]"}),
    Command({.name = "geohash",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Geohash,
             .since = "3.2.0",
             .complexity = "O(1) for each place asked for.",
             .summary = "Returns the places of a geospatial index as geohash strings.",
             .syntax = "key [member]..."}),
    Command({.name = "geopos",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Geopos,
             .since = "3.2.0",
             .complexity = "O(1) for each place asked for.",
             .summary = "Returns longitude and latitude of places of a geospatial index.",
             .syntax = "key [member]..."}),
};

}  // namespace

std::span<const CommandSpec> GeoCommands() {
  static const auto kAllRows = JoinRows({kRows, GeoSearchRows()});
  return kAllRows;
}

}  // namespace gotthard
