// Geo: what the handlers of the family have in common: arguments and figures.
//
// Owning thread: the execution thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/status.h"
#include "exec/args.h"
#include "exec/command.h"
#include "resp/reply_writer.h"
#include "types/geohash.h"

namespace gotthard {

// Longitude and latitude at args[at] and args[at + 1]. REQUIRES: both are there.
Result<GeoPoint> ParseGeoPoint(const Args& args, size_t at);
// How many metres a unit has.
Result<double> ParseGeoUnit(std::string_view unit);
// A distance with four decimals.
Replied ReplyDistance(ReplyWriter& reply, double distance);
// [longitude, latitude], with 17 decimals.
Replied ReplyGeoPoint(ReplyWriter& reply, const GeoPoint& point);

std::span<const CommandSpec> GeoSearchRows();

}  // namespace gotthard
