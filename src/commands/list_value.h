// ListValue: the list under a key, in either of its forms, to be read and edited.
//
// A short list is one listpack that lies in its entry ("listpack"), a longer one a Quicklist
// ("quicklist"); list-max-listpack-size says where one becomes the other, and a list that shrinks
// turns back at half of that.
//
// Owning thread: the execution thread. Lives within one command: any other write to the database
// ends it. Texts to be stored may come from the request, not from the list itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "exec/context.h"
#include "resp/reply_writer.h"
#include "types/quicklist.h"

namespace gotthard {

// How a quicklist is freed, copied and measured.
extern const ObjectOps kListOps;

// What the configuration (and DEBUG QUICKLIST-PACKED-THRESHOLD) says about new lists.
ListOptions ListOptionsOf(const ServerState& server);

class ListValue {
 public:
  enum class End : bool { kHead, kTail };

  // `entry`: what was found under `key`, a list or nothing.
  ListValue(Context& ctx, const Key& key, EntryHandle entry)
      : ctx_(ctx), key_(key), entry_(entry) {}

  bool exists() const { return static_cast<bool>(entry_); }
  // REQUIRES of all that follows but Push: exists().
  size_t Count() const { return CountOf(*entry_); }
  static size_t CountOf(const Entry& entry);
  using Direction = ListCursor::Direction;
  ListCursor Cursor(int64_t index, Direction direction = Direction::kForward) const {
    return CursorOf(*entry_, index, direction);
  }
  static ListCursor CursorOf(const Entry& entry, int64_t index,
                             Direction direction = Direction::kForward);

  // Pushes arguments `from` to `to` - 1 of the request, one after the other, and makes the list if
  // there is none.
  void Push(const Args& args, size_t from, size_t to, End end);
  void Push(std::string_view text, End end);
  // See Quicklist. A listpack may become a quicklist by these, even if `index` is not reached.
  void Insert(size_t index, std::string_view text);
  void Replace(size_t index, std::string_view text);
  void Erase(size_t start, size_t count);
  size_t Remove(std::string_view needle, size_t limit, bool from_tail);
  // Makes room for a text in the form that the list will need.
  void PrepareFor(std::string_view text) { PrepareFor(text.size(), 1); }
  // To be called when the command's event was told: turns a list that shrank back into a listpack,
  // and removes an empty one with its "del".
  void Settle();
  // Makes the key, which is not there, from a new list: SORT STORE. Takes it over.
  static void Put(Context& ctx, const Key& key, std::unique_ptr<Quicklist> list, int64_t expiry_ms);

 private:
  bool packed() const { return !entry_->is_object(); }
  Quicklist& big() const { return *static_cast<Quicklist*>(entry_->object()); }
  void PrepareFor(size_t bytes, size_t items);
  void Create(size_t bytes, size_t items);

  Context& ctx_;
  Key key_;
  EntryHandle entry_;
};

// Replies an item as the string that it is.
inline Replied ReplyItem(ReplyWriter& reply, const PackedItem& item) {
  return item.is_integer ? reply.BulkInteger(item.integer) : reply.Bulk(item.text);
}

}  // namespace gotthard
