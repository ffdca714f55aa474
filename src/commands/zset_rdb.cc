// Sorted sets in RDB files and DUMP payloads, and as SORT reads them.
//
//   kRdbZsetListpack: string that is a listpack: member, score, ... in order
//   kRdbZset2:        number of members | string member, 8-byte score | ...
//   kRdbZset:         the same with scores as texts
//   kRdbZsetZiplist:  string that is a ziplist: member, score, ...
//
// Written as one of the first two.
#include "commands/zset_rdb.h"

#include <cmath>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "commands/distinct.h"
#include "commands/zset.h"
#include "types/ziplist.h"
#include "types/zset_listpack.h"

namespace gotthard {
namespace {

bool LoadMembers(uint8_t rdb_type, RdbReader& in, LoadedValue& value) {
  for (uint64_t members = in.Length(); members > 0 && in.ok(); --members) {
    value.items.push_back(in.String());
    value.scores.push_back(rdb_type == kRdbZset2 ? in.Double() : in.OldDouble());
    if (std::isnan(value.scores.back())) return false;
  }
  return in.ok();
}

bool LoadZiplist(std::string_view bytes, LoadedValue& value) {
  bool numbers = true;
  char buffer[24];
  const bool valid = ReadZiplist(bytes, [&](const PackedItem& item) {
    const std::string_view text = item.Text(buffer);
    if (value.items.size() == value.scores.size()) {
      value.items.emplace_back(text);
      return;
    }
    const auto score = ParseDouble(text);
    numbers &= score.has_value();
    value.scores.push_back(score.value_or(0));
  });
  return valid && numbers && value.items.size() == value.scores.size();
}

// As it is if it may be that large here.
bool LoadListpack(std::string_view bytes, const Config& config, LoadedValue& value) {
  if (!ValidateListpack(bytes) || !ZsetListpack::IsValid(bytes)) return false;
  const ZsetView set(bytes);
  bool fits = set.size() <= static_cast<uint64_t>(config.zset_max_listpack_entries);
  const auto longest = static_cast<uint64_t>(config.zset_max_listpack_value);
  set.ForEach([&](std::string_view member, double) { fits &= member.size() <= longest; });
  if (fits) {
    value.SetPacked(Type::kZset, Encoding::kListpack, bytes);
    return set.size() > 0;
  }
  set.ForEach([&](std::string_view member, double score) {
    value.items.emplace_back(member);
    value.scores.push_back(score);
  });
  return true;
}

}  // namespace

void SaveZset(const Entry& entry, RdbWriter& out) {
  if (!entry.is_object()) {
    out.Type(kRdbZsetListpack);
    return out.String(entry.bytes());
  }
  const ZsetView set = ZsetOf(entry);
  out.Type(kRdbZset2);
  out.Length(set.size());
  // From the highest rank down: Redis's skiplist is built fastest so.
  set.ForRange(set.size() - 1, set.size(), /*reverse=*/true,
               [&out](std::string_view member, double score) {
                 out.String(member);
                 out.Double(score);
               });
}

bool ReadsAsZset(uint8_t rdb_type) {
  return rdb_type == kRdbZset || rdb_type == kRdbZset2 || rdb_type == kRdbZsetListpack ||
         rdb_type == kRdbZsetZiplist;
}

bool LoadZset(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value) {
  value.type = Type::kZset;
  if (rdb_type == kRdbZsetListpack) {
    std::string scratch;
    return LoadListpack(in.String(scratch), server.config.values(), value);
  }
  if (rdb_type == kRdbZsetZiplist) {
    std::string scratch;
    if (!LoadZiplist(in.String(scratch), value)) return false;
  } else if (!LoadMembers(rdb_type, in, value)) {
    return false;
  }
  return !value.items.empty() && AreDistinct(value.items, 1);
}

void BuildZset(Context& ctx, const Key& key, const LoadedValue& value) {
  ZsetEditor set(ctx, key, {});
  set.Reserve(value.items.size(), value.items[0].size());
  for (size_t i = 0; i < value.items.size(); ++i) {
    double result = 0;
    set.Add(value.scores[i], value.items[i], 0, &result);
  }
}

void ForEachZsetMember(const Entry& entry, bool backward,
                       FunctionRef<bool(std::string_view)> visit) {
  const ZsetView set = ZsetOf(entry);
  if (!backward) {
    return set.ForEachWhile([&](std::string_view member, double) { return visit(member); });
  }
  bool wanted = true;
  set.ForMembers(set.size() - 1, set.size(), /*reverse=*/true,
                 [&](std::string_view member) { wanted = wanted && visit(member); });
}

}  // namespace gotthard
