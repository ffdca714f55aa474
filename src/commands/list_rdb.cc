// Lists in RDB files and DUMP payloads.
//
//   kRdbListQuicklist2: number of nodes | container (1 an item apart, 2 a listpack) | string | ...
//   kRdbListQuicklist:  number of nodes | string that is a ziplist | ...
//   kRdbListZiplist:    string that is a ziplist
//   kRdbList:           number of items | string | ...
//
// Written as the first, a short list as its only node; read as any.
#include <memory>
#include <string>
#include <string_view>

#include "commands/list_rows.h"
#include "persist/loaded_value.h"
#include "persist/rdb_stream.h"
#include "types/ziplist.h"

namespace gotthard {
namespace {

enum Container : uint8_t { kApart = 1, kPacked = 2 };

bool LoadNodes(RdbReader& in, Quicklist& list) {
  std::string scratch;
  for (uint64_t nodes = in.Length(); nodes > 0 && in.ok(); --nodes) {
    const uint64_t container = in.Length();
    const std::string_view bytes = in.String(scratch);
    if (!in.ok()) return false;
    if (container == kApart) {
      list.AppendPlain(bytes);
    } else if (container == kPacked && ValidateListpack(bytes)) {
      if (!Listpack(bytes).empty()) list.AppendListpack(bytes);
    } else {
      return false;
    }
  }
  return in.ok();
}

bool LoadZiplists(RdbReader& in, uint64_t nodes, Quicklist& list) {
  std::string scratch;
  char buffer[24];
  for (; nodes > 0 && in.ok(); --nodes) {
    const std::string_view bytes = in.String(scratch);
    const bool valid = in.ok() && ReadZiplist(bytes, [&](const PackedItem& item) {
                         list.PushBack(item.Text(buffer));
                       });
    if (!valid) return false;
  }
  return in.ok();
}

bool LoadItems(RdbReader& in, Quicklist& list) {
  std::string scratch;
  for (uint64_t items = in.Length(); items > 0 && in.ok(); --items) {
    const std::string_view item = in.String(scratch);
    if (in.ok()) list.PushBack(item);
  }
  return in.ok();
}

bool LoadInto(uint8_t rdb_type, RdbReader& in, Quicklist& list) {
  switch (rdb_type) {
    case kRdbList:
      return LoadItems(in, list);
    case kRdbListZiplist:
      return LoadZiplists(in, 1, list);
    case kRdbListQuicklist:
      return LoadZiplists(in, in.Length(), list);
    default:
      return LoadNodes(in, list);
  }
}

}  // namespace

void SaveList(const Entry& entry, RdbWriter& out) {
  out.Type(kRdbListQuicklist2);
  if (!entry.is_object()) {
    out.Length(1);
    out.Length(kPacked);
    return out.String(entry.bytes());
  }
  const auto* list = static_cast<const Quicklist*>(entry.object());
  out.Length(list->nodes());
  for (const auto* node = list->head(); node != nullptr; node = node->next) {
    out.Length(node->plain ? kApart : kPacked);
    node->compressed ? out.Lzf({node->memory, node->allocated}, node->size)
                     : out.String(node->raw());
  }
}

bool ReadsAsList(uint8_t rdb_type) {
  return rdb_type == kRdbListQuicklist2 || rdb_type == kRdbListQuicklist ||
         rdb_type == kRdbListZiplist || rdb_type == kRdbList;
}

bool LoadList(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value) {
  auto list = std::make_unique<Quicklist>(ListOptionsOf(server));
  if (!LoadInto(rdb_type, in, *list) || list->Count() == 0) return false;
  const ListpackLimit limit(server.config.values().list_max_listpack_size);
  const Quicklist::Node* single = list->SingleListpack();
  if (single != nullptr && limit.FitsAgain(single->size, single->count, /*shrinking=*/false)) {
    value.SetPacked(Type::kList, Encoding::kListpack, single->raw());
  } else {
    value.SetObject(Type::kList, Encoding::kQuicklist, list.release(), kListOps);
  }
  return true;
}

void ForEachListItem(const Entry& entry, bool backward, FunctionRef<bool(std::string_view)> visit) {
  char buffer[24];
  const auto direction =
      backward ? ListValue::Direction::kBackward : ListValue::Direction::kForward;
  for (ListCursor at = ListValue::CursorOf(entry, backward ? -1 : 0, direction); !at.done();
       at.Next()) {
    if (!visit(at.item().Text(buffer))) return;
  }
}

}  // namespace gotthard
