// Members of sets as replies.
//
// Owning thread: the execution thread.
#pragma once

#include <string_view>

#include "resp/reply_writer.h"
#include "types/set_view.h"

namespace gotthard {

inline Replied ReplyMember(ReplyWriter& reply, const PackedItem& member) {
  return member.is_integer ? reply.BulkInteger(member.integer) : reply.Bulk(member.text);
}

// All members, in whatever order.
inline Replied ReplyMembers(ReplyWriter& reply, const SetView& set) {
  const Replied replied = reply.SetHeader(set.Count());
  set.ForEach([&](const PackedItem& member) {
    ReplyMember(reply, member);
    return true;
  });
  return replied;
}

// An array of the members for which wanted(text) says so.
template <typename Wanted>
Replied ReplySelected(ReplyWriter& reply, const SetView& set, Wanted&& wanted) {
  const size_t mark = reply.Defer();
  uint64_t count = 0;
  set.ForEach([&](const PackedItem& member) {
    char digits[24];
    const std::string_view text = member.Text(digits);
    if (wanted(text)) {
      reply.Bulk(text);
      ++count;
    }
    return true;
  });
  return reply.SetArrayLength(mark, count);
}

}  // namespace gotthard
