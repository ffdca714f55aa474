// Geo: the commands that find places within an area.
#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/geo.h"
#include "commands/zset.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrRadius{"ERR need numeric radius"};
constexpr ErrorText kErrRadiusNegative{"ERR radius cannot be negative"};
constexpr ErrorText kErrWidth{"ERR need numeric width"};
constexpr ErrorText kErrHeight{"ERR need numeric height"};
constexpr ErrorText kErrBoxNegative{"ERR height or width cannot be negative"};
constexpr ErrorText kErrNoMember{"ERR could not decode requested zset member"};
constexpr ErrorText kErrCountPositive{"ERR COUNT must be > 0"};
constexpr ErrorText kErrAny{"ERR the ANY argument requires COUNT argument"};
constexpr ErrorText kErrStoreRadius{
    "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD "
    "options"};
constexpr ErrorText kErrStoreSearch{
    "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"};

enum class Form : uint8_t {
  kRadius,
  kRadiusRo,
  kRadiusByMember,
  kRadiusByMemberRo,
  kSearch,
  kSearchStore,
};

struct Search {
  explicit Search(Form as) : form(as) {}

  bool is_search() const { return form == Form::kSearch || form == Form::kSearchStore; }
  bool may_store() const { return form == Form::kRadius || form == Form::kRadiusByMember; }

  const Form form;
  bool key_exists = false;
  ZsetView set;
  GeoArea area;
  double unit_m = 1;
  bool from_member = false;
  bool from_point = false;
  bool by_radius = false;
  bool by_box = false;
  bool with_distance = false;
  bool with_hash = false;
  bool with_point = false;
  bool any = false;
  enum class Order : uint8_t { kNone, kAscending, kDescending } order = Order::kNone;
  int64_t count = 0;    // 0: all
  size_t store_at = 0;  // position of the destination; 0: reply
  bool store_distance = false;
};

struct Found {
  GeoPoint point;
  double distance_m;
  double score;
  std::string_view member;
};

// radius unit
Status ParseRadius(const Args& args, size_t at, Search& search) {
  const std::optional<double> radius = ParseDouble(args[at]);
  if (!radius) return kErrRadius;
  if (*radius < 0) return kErrRadiusNegative;
  Result<double> unit = ParseGeoUnit(args[at + 1]);
  if (!unit) return unit.error();
  search.unit_m = *unit;
  search.area.is_box = false;
  search.area.radius_m = *radius * *unit;
  return Status::Ok();
}

// width height unit
Status ParseBox(const Args& args, size_t at, Search& search) {
  const std::optional<double> width = ParseDouble(args[at]);
  if (!width) return kErrWidth;
  const std::optional<double> height = ParseDouble(args[at + 1]);
  if (!height) return kErrHeight;
  if (*width < 0 || *height < 0) return kErrBoxNegative;
  Result<double> unit = ParseGeoUnit(args[at + 2]);
  if (!unit) return unit.error();
  search.unit_m = *unit;
  search.area.is_box = true;
  search.area.width_m = *width * *unit;
  search.area.height_m = *height * *unit;
  return Status::Ok();
}

Status TakeMember(std::string_view member, Search& search) {
  const std::optional<double> score = search.set.Score(member);
  const std::optional<GeoPoint> point = score ? GeoDecode(*score) : std::nullopt;
  if (!point) return kErrNoMember;
  search.area.center = *point;
  return Status::Ok();
}

// FROMMEMBER, FROMLONLAT, BYRADIUS and BYBOX. Moves `at` to the option's last argument; false if it
// is none of them, or lacks arguments.
Result<bool> TakeArea(const Args& args, size_t& at, Search& search) {
  const size_t rest = args.size() - at - 1;
  if (IsOption(args[at], "frommember") && rest >= 1 && !search.from_point) {
    search.from_member = true;
    if (search.key_exists) GOTTHARD_RETURN_IF_ERROR(TakeMember(args[at + 1], search));
    at += 1;
  } else if (IsOption(args[at], "fromlonlat") && rest >= 2 && !search.from_member) {
    Result<GeoPoint> point = ParseGeoPoint(args, at + 1);
    if (!point) return point.error();
    search.area.center = *point;
    search.from_point = true;
    at += 2;
  } else if (IsOption(args[at], "byradius") && rest >= 2 && !search.by_box) {
    GOTTHARD_RETURN_IF_ERROR(ParseRadius(args, at + 1, search));
    search.by_radius = true;
    at += 2;
  } else if (IsOption(args[at], "bybox") && rest >= 3 && !search.by_radius) {
    GOTTHARD_RETURN_IF_ERROR(ParseBox(args, at + 1, search));
    search.by_box = true;
    at += 3;
  } else {
    return false;
  }
  return true;
}

// STORE and STOREDIST, in the same way.
bool TakeStore(const Args& args, size_t& at, Search& search) {
  const bool distance = IsOption(args[at], "storedist");
  if (search.form == Form::kSearchStore && distance) {
    search.store_distance = true;
    return true;
  }
  const bool more = at + 1 < args.size();
  if (!search.may_store() || !more || !(distance || IsOption(args[at], "store"))) return false;
  search.store_at = ++at;
  search.store_distance = distance;
  return true;
}

Status TakeOption(const Args& args, size_t& at, Search& search) {
  const std::string_view option = args[at];
  if (IsOption(option, "withdist")) {
    search.with_distance = true;
  } else if (IsOption(option, "withhash")) {
    search.with_hash = true;
  } else if (IsOption(option, "withcoord")) {
    search.with_point = true;
  } else if (IsOption(option, "any")) {
    search.any = true;
  } else if (IsOption(option, "asc")) {
    search.order = Search::Order::kAscending;
  } else if (IsOption(option, "desc")) {
    search.order = Search::Order::kDescending;
  } else if (IsOption(option, "count") && at + 1 < args.size()) {
    const std::optional<int64_t> count = ParseInt64(args[++at]);
    if (!count) return kErrNotInteger;
    if (*count <= 0) return kErrCountPositive;
    search.count = *count;
  } else if (!TakeStore(args, at, search)) {
    if (!search.is_search()) return kErrSyntax;
    Result<bool> taken = TakeArea(args, at, search);
    if (!taken) return taken.error();
    if (!*taken) return kErrSyntax;
  }
  return Status::Ok();
}

Status CheckOptions(const Args& args, const Search& search) {
  if (search.store_at != 0 && (search.with_distance || search.with_hash || search.with_point)) {
    return search.form == Form::kSearchStore ? kErrStoreSearch : kErrStoreRadius;
  }
  if (search.is_search() && !search.from_member && !search.from_point) {
    return Status::Error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " +
                         std::string(args[0]));
  }
  if (search.is_search() && !search.by_radius && !search.by_box) {
    return Status::Error("ERR exactly one of BYRADIUS and BYBOX can be specified for " +
                         std::string(args[0]));
  }
  if (search.any && search.count == 0) return kErrAny;
  return Status::Ok();
}

Status ParseSearch(const Args& args, Search& search) {
  size_t at = 2;
  if (search.form == Form::kSearchStore) {
    search.store_at = 1;
    at = 3;
  } else if (search.form == Form::kRadius || search.form == Form::kRadiusRo) {
    Result<GeoPoint> point = ParseGeoPoint(args, 2);
    if (!point) return point.error();
    search.area.center = *point;
    GOTTHARD_RETURN_IF_ERROR(ParseRadius(args, 4, search));
    at = 6;
  } else if (!search.is_search()) {
    if (search.key_exists) {
      GOTTHARD_RETURN_IF_ERROR(TakeMember(args[2], search));
      GOTTHARD_RETURN_IF_ERROR(ParseRadius(args, 3, search));
    }
    at = 5;
  }
  for (; at < args.size(); ++at) GOTTHARD_RETURN_IF_ERROR(TakeOption(args, at, search));
  GOTTHARD_RETURN_IF_ERROR(CheckOptions(args, search));
  // The nearest ones are meant, unless any will do.
  if (search.count != 0 && !search.any && search.order == Search::Order::kNone) {
    search.order = Search::Order::kAscending;
  }
  return Status::Ok();
}

// The places in the area. `texts` keeps the members that are no views into the set.
std::vector<Found> FindPlaces(const Search& search, std::deque<std::string>& texts) {
  std::vector<Found> found;
  const size_t limit = search.any ? static_cast<size_t>(search.count) : SIZE_MAX;
  const GeoFilter filter(search.area);
  const GeoCells cells = CellsAround(search.area);
  for (unsigned i = 0; i < cells.count && found.size() < limit; ++i) {
    const GeoCell& cell = cells.cells[i];
    const size_t first = search.set.CountBefore(ScoreBound::BelowScore(cell.low));
    search.set.ForEachWhileFrom(first, false, [&](std::string_view member, double score) {
      if (score >= cell.high) return false;
      const std::optional<GeoPoint> point = GeoDecode(score);
      const std::optional<double> distance_m = point ? filter.Distance(*point) : std::nullopt;
      if (!distance_m) return true;
      if (search.set.big() == nullptr) member = texts.emplace_back(member);
      found.push_back({*point, *distance_m, score, member});
      return found.size() < limit;
    });
  }
  return found;
}

// Orders the first `wanted` places.
void SortPlaces(std::vector<Found>& found, size_t wanted, Search::Order order) {
  if (order == Search::Order::kNone) return;
  const bool ascending = order == Search::Order::kAscending;
  const auto nearer = [ascending](const Found& a, const Found& b) {
    return ascending ? a.distance_m < b.distance_m : a.distance_m > b.distance_m;
  };
  if (wanted == found.size()) {
    std::stable_sort(found.begin(), found.end(), nearer);
  } else {
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(wanted),
                      found.end(), nearer);
  }
}

void ReplyPlace(ReplyWriter& reply, const Search& search, const Found& place) {
  const int options = int{search.with_distance} + int{search.with_hash} + int{search.with_point};
  if (options > 0) reply.ArrayHeader(static_cast<uint64_t>(options) + 1);
  reply.Bulk(place.member);
  if (search.with_distance) ReplyDistance(reply, place.distance_m / search.unit_m);
  if (search.with_hash) reply.Integer(static_cast<int64_t>(place.score));
  if (search.with_point) ReplyGeoPoint(reply, place.point);
}

Status StorePlaces(Context& ctx, const Args& args, const Search& search,
                   const std::vector<Found>& found) {
  std::vector<ScoredMember> members;
  members.reserve(found.size());
  for (const Found& place : found) {
    const double distance = place.distance_m / search.unit_m;
    members.push_back({search.store_distance ? distance : place.score, place.member});
  }
  SortMembers(members);
  StoreZset(ctx, args.key(search.store_at), members,
            search.is_search() ? "geosearchstore" : "georadiusstore", members.size());
  return ctx.reply().Integer(static_cast<int64_t>(members.size()));
}

Status Run(Context& ctx, const Args& args, Form form) {
  Search search(form);
  Result<EntryHandle> entry =
      ctx.FindReadOf(Type::kZset, args.key(form == Form::kSearchStore ? 2 : 1));
  if (!entry) return entry.error();
  if (*entry) {
    search.key_exists = true;
    search.set = ZsetOf(**entry);
  }
  GOTTHARD_RETURN_IF_ERROR(ParseSearch(args, search));
  std::deque<std::string> texts;
  std::vector<Found> found;
  if (search.key_exists) found = FindPlaces(search, texts);
  const size_t wanted =
      search.count == 0 ? found.size() : std::min(found.size(), static_cast<size_t>(search.count));
  SortPlaces(found, wanted, search.order);
  found.resize(wanted);
  if (search.store_at != 0) return StorePlaces(ctx, args, search, found);
  ctx.reply().ArrayHeader(wanted);
  for (const Found& place : found) ReplyPlace(ctx.reply(), search, place);
  return Status::Ok();
}

Status Georadius(Context& ctx, const Args& args) {
  return Run(ctx, args, Form::kRadius);
}

Status GeoradiusRo(Context& ctx, const Args& args) {
  return Run(ctx, args, Form::kRadiusRo);
}

Status Georadiusbymember(Context& ctx, const Args& args) {
  return Run(ctx, args, Form::kRadiusByMember);
}

Status GeoradiusbymemberRo(Context& ctx, const Args& args) {
  return Run(ctx, args, Form::kRadiusByMemberRo);
}

Status Geosearch(Context& ctx, const Args& args) {
  return Run(ctx, args, Form::kSearch);
}

Status Geosearchstore(Context& ctx, const Args& args) {
  return Run(ctx, args, Form::kSearchStore);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "georadius",
             .arity = -6,
             .flags = kWrite | kDenyOom | kMovableKeys,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyRead), KeyAfter("STORE", 6, kKeyReplaced),
                      KeyAfter("STOREDIST", 6, kKeyReplaced)},
             .run = Georadius,
             .since = "3.2.0",
             .complexity = "O(N+log(M)) where N is the number of places in the cells of the "
                           "grid that cover the area and M the number of all places.",
             .summary = "Finds the places of a geospatial index around a point, and may "
                        "store them.",
             .syntax = "key longitude latitude radius unit=<M | KM | FT | MI> [WITHCOORD] "
                       "[WITHDIST] [WITHHASH] count-block=[COUNT count [ANY]@6.2.0] "
                       "order=[ASC | DESC] store=[STORE storekey(key)~key | STOREDIST "
                       "storedistkey(key)~key]",
             .history = "6.2.0: Added the `ANY` option for `COUNT`.\n"
                        "7.0.0: Added support for uppercase unit names.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"}),
    Command({.name = "georadius_ro",
             .arity = -6,
             .flags = kReadonly,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = GeoradiusRo,
             .since = "3.2.10",
             .complexity = "O(N+log(M)) where N is the number of places in the cells of the "
                           "grid that cover the area and M the number of all places.",
             .summary = "Finds the places of a geospatial index around a point.",
             .syntax = "key longitude latitude radius unit=<M | KM | FT | MI> [WITHCOORD] "
                       "[WITHDIST] [WITHHASH] count-block=[COUNT count [ANY]@6.2.0] "
                       "order=[ASC | DESC]",
             .history = "6.2.0: Added the `ANY` option for `COUNT`.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument"}),
    Command({.name = "georadiusbymember",
             .arity = -5,
             .flags = kWrite | kDenyOom | kMovableKeys,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyRead), KeyAfter("STORE", 5, kKeyReplaced),
                      KeyAfter("STOREDIST", 5, kKeyReplaced)},
             .run = Georadiusbymember,
             .since = "3.2.0",
             .complexity = "O(N+log(M)) where N is the number of places in the cells of the "
                           "grid that cover the area and M the number of all places.",
             .summary = "Finds the places of a geospatial index around one of them, and "
                        "may store them.",
             .syntax = "key member radius unit=<M | KM | FT | MI> [WITHCOORD] [WITHDIST] "
                       "[WITHHASH] count-block=[COUNT count [ANY]] order=[ASC | DESC] "
                       "store=[STORE storekey(key)~key | STOREDIST storedistkey(key)~key]",
             .history = "7.0.0: Added support for uppercase unit names.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and "
                            "`FROMMEMBER` arguments"}),
    Command({.name = "georadiusbymember_ro",
             .arity = -5,
             .flags = kReadonly,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = GeoradiusbymemberRo,
             .since = "3.2.10",
             .complexity = "O(N+log(M)) where N is the number of places in the cells of the "
                           "grid that cover the area and M the number of all places.",
             .summary = "Finds the places of a geospatial index around one of them.",
             .syntax = "key member radius unit=<M | KM | FT | MI> [WITHCOORD] [WITHDIST] "
                       "[WITHHASH] count-block=[COUNT count [ANY]] order=[ASC | DESC]",
             .deprecated_since = "6.2.0",
             .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"}),
    Command({.name = "geosearch",
             .arity = -7,
             .flags = kReadonly,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Geosearch,
             .since = "6.2.0",
             .complexity = "O(N+log(M)) where N is the number of places in the cells of the "
                           "grid that cover the area and M the number of all places.",
             .summary = "Finds the places of a geospatial index within a circle or a box.",
             .syntax = "key from=<FROMMEMBER member | FROMLONLAT <longitude latitude>> "
                       "by=<circle=<BYRADIUS radius unit=<M | KM | FT | MI>> | box=<BYBOX "
                       "width height unit=<M | KM | FT | MI>>> order=[ASC | DESC] "
                       "count-block=[COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]",
             .history = "7.0.0: Added support for uppercase unit names."}),
    Command({.name = "geosearchstore",
             .arity = -8,
             .flags = kWrite | kDenyOom,
             .acl = kAclGeo,
             .group = CommandGroup::kGeo,
             .keys = {KeyAt(1, kKeyReplaced), KeyAt(2, kKeyRead)},
             .run = Geosearchstore,
             .since = "6.2.0",
             .complexity = "O(N+log(M)) where N is the number of places in the cells of the "
                           "grid that cover the area and M the number of all places.",
             .summary = "Stores the places of a geospatial index within a circle or a box.",
             .syntax = "destination source from=<FROMMEMBER member | FROMLONLAT "
                       "<longitude latitude>> by=<circle=<BYRADIUS radius unit=<M | KM | "
                       "FT | MI>> | box=<BYBOX width height unit=<M | KM | FT | MI>>> "
                       "order=[ASC | DESC] count-block=[COUNT count [ANY]] [STOREDIST]",
             .history = "7.0.0: Added support for uppercase unit names."}),
};

}  // namespace

std::span<const CommandSpec> GeoSearchRows() {
  return kRows;
}

}  // namespace gotthard
