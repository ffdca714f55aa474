// The list family: its rows, and what its handlers share.
#include "commands/families.h"
#include "commands/join_rows.h"
#include "commands/list_rows.h"

namespace gotthard {

std::span<const CommandSpec> ListCommands() {
  static const std::vector<CommandSpec> kRows = JoinRows(
      {ListPushRows(), ListReadRows(), ListChangeRows(), ListMoveRows(), ListBlockingRows()});
  return kRows;
}

std::optional<ListValue::End> ParseEnd(std::string_view word) {
  if (IsOption(word, "left")) return ListValue::End::kHead;
  if (IsOption(word, "right")) return ListValue::End::kTail;
  return std::nullopt;
}

void ReplyItems(ReplyWriter& reply, ListCursor cursor, size_t count) {
  reply.ArrayHeader(count);
  for (; count > 0; --count, cursor.Next()) ReplyItem(reply, cursor.item());
}

}  // namespace gotthard
