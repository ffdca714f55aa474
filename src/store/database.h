// Database: the keys of one logical database and everything that is done to them.
//
// Keys lie in a Table (types/table.h) of Entries (store/entry.h), both in one Arena, so that the
// whole can be detached in O(1). Every call is O(1) apart from what its comment says; the longest
// insert is bounded (see Table).
//
// Nothing here looks at the clock or at LRU/LFU bits: Find returns expired entries too, and the
// executor decides. What a call changed is not told to anybody either: that is exec's one door.
//
// Owning thread: the execution thread. Any write invalidates all EntryHandles, Entry pointers and
// views into entries of this database, except for the handle that the writing call returns. Names
// and values passed in may point into the entry that is written: old bytes go last.
// Limits: entries and directory per Table; values as long as a Blob can be; memory as long as the
// system gives any (maxmemory is the executor's matter).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/blob.h"
#include "base/function_ref.h"
#include "base/hash.h"
#include "base/prefetch.h"
#include "base/random.h"
#include "store/detached.h"
#include "store/entry.h"
#include "store/key.h"
#include "types/arena.h"
#include "types/table.h"

namespace gotthard {

// Where an entry is. False when there is none.
class EntryHandle {
 public:
  EntryHandle() = default;
  explicit operator bool() const { return entry_ != nullptr; }
  Entry* operator->() const { return entry_; }
  Entry& operator*() const { return *entry_; }
  Entry* get() const { return entry_; }

 private:
  friend class Database;
  EntryHandle(Entry* entry, Table::Position position) : entry_(entry), position_(position) {}

  Entry* entry_ = nullptr;
  Table::Position position_;
};

// What one slice of active expiry did.
struct ExpireReport {
  uint64_t expired = 0;   // handed to on_expired
  uint64_t examined = 0;  // entries looked at in segments where something was due
  uint64_t segments = 0;  // segment heads read
  bool finished = false;  // the sweep came to its end: nothing due before `now` is left behind it
  bool out_of_time = false;
};

class Database {
 public:
  // `hasher` and `types` must outlive the database.
  explicit Database(const KeyHasher& hasher, const ObjectTypes& types = {},
                    ChunkSource* chunks = nullptr);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  // Frees everything, O(n) if there are blobs or objects.
  ~Database();

  // --- reading ---

  // The key's entry, expired or not. Inline: the hot path of every command.
  [[gnu::always_inline]] EntryHandle Find(const Key& key, const Table::Ahead& ahead = {}) {
    const Table::Position position = table_.Find(key.hash, ahead, [&](const void* element) {
      return static_cast<const Entry*>(element)->KeyIs(key.name);
    });
    if (position.slot == nullptr) return {};
    return {static_cast<Entry*>(Table::ElementAt(*position.slot)), position};
  }

  // The two stages of running ahead over a batch: the group of a key about to be looked up, and
  // later (when the group has arrived) its entry, of which `span` bytes will be read. Measured
  // best: 96 and 48 keys ahead at most. Find then takes what they found as a short cut.
  void PrefetchGroup(uint64_t hash, Table::Ahead* ahead) const {
    table_.PrefetchGroup(hash, ahead);
  }
  static void PrefetchEntry(Table::Ahead* ahead, size_t span) {
    ahead->table->PrefetchElement(ahead, [span](const void* element) {
      // A line that is not read would only keep others waiting for a line fill buffer.
      const auto begin = reinterpret_cast<uintptr_t>(element);
      for (uintptr_t line = begin & ~uintptr_t{63}; line < begin + span; line += 64) {
        Prefetch(reinterpret_cast<const void*>(line));
      }
    });
  }
  // What to expect of an entry that was not looked at yet: the mean size, within 32 to 256 bytes.
  size_t ExpectedEntryBytes() const;

  size_t size() const { return table_.size(); }
  // Keys that have an expiry.
  size_t expires() const { return expires_; }
  // The mean time to live of those, in ms, 0 if there are none: INFO's avg_ttl, exact.
  int64_t AverageTtlMs(int64_t now_ms) const;

  // SCAN: see Table::Scan for the guarantee; cursors are below 2^48. `visit` gets expired entries
  // too and must not write.
  uint64_t Scan(uint64_t cursor, size_t count, FunctionRef<void(Entry*)> visit) const;
  // Every entry, O(n). `visit` must not write.
  void ForEach(FunctionRef<void(Entry*)> visit) const;
  // Each entry (expired ones too) with the same probability. Empty handle if size() is 0.
  EntryHandle RandomEntry(Random& random);

  // --- writing ---
  // `existing` is what Find returned for the key: empty inserts, otherwise its value is replaced
  // and freed. `expiry_ms` is a moment, kNoExpiry or kKeepExpiry. An overwritten entry keeps its
  // access bits; a new one gets new_entry_access().

  // A string as SET stores it: "int" if the text is an integer as FormatInt64 writes it, "embstr"
  // up to 44 bytes, else "raw".
  EntryHandle PutString(const Key& key, EntryHandle existing, std::string_view value,
                        int64_t expiry_ms);
  // A string as APPEND and INCRBYFLOAT store it: always bytes, always "raw".
  EntryHandle PutRaw(const Key& key, EntryHandle existing, std::string_view value,
                     int64_t expiry_ms);
  EntryHandle PutInteger(const Key& key, EntryHandle existing, int64_t value, int64_t expiry_ms);
  // Takes over the reference: no byte is copied if the value is too long to be inline.
  EntryHandle PutBlob(const Key& key, EntryHandle existing, BlobRef value, int64_t expiry_ms);
  // A small collection as packed bytes (listpack, intset, ...), copied: inside the entry as long as
  // that stays within kMaxInlineEntryBytes, in a blob beyond. Also turns an object back into them.
  EntryHandle PutPacked(const Key& key, EntryHandle existing, Type type, Encoding encoding,
                        std::string_view bytes, int64_t expiry_ms);
  // An object of a type that has ObjectOps; the database owns it from now on. Over an existing
  // packed collection with kKeepExpiry this is its conversion: access bits and expiry stay.
  EntryHandle PutObject(const Key& key, EntryHandle existing, Type type, Encoding encoding,
                        void* object, int64_t expiry_ms);
  // A copy of another entry's value (of this database or another) with its type, encoding and
  // access bits, blobs shared: COPY, MOVE, and RESTORE of what was detached.
  // An object may have been copied before: `object`, which the database then owns.
  // REQUIRES: `source` is not the entry of `existing`. `source` may be invalid afterwards.
  EntryHandle PutCopy(const Key& key, EntryHandle existing, const Entry& source, int64_t expiry_ms,
                      void* object = nullptr);
  // Takes an entry over from another database under this name, with everything: MOVE. Blobs and
  // objects change hands, so it costs no more than the entry's own bytes.
  // REQUIRES: &other != this; no entry is named key.name here, and that is no view into `source`.
  EntryHandle PutMoved(const Key& key, Database& other, EntryHandle source);

  // INCR where nothing else changes; no handle is invalidated. REQUIRES: entry->is_integer().
  void SetIntegerInPlace(EntryHandle entry, int64_t value) {
    assert(entry->is_integer());
    entry->Store<int64_t>(entry->WordOffset(), value);
  }
  // Makes the value `new_size` raw bytes: what was there (integers as text) cut or extended with
  // zeros, and returns them to be written to until the next write. Blobs grow by doubling, and one
  // that a reply still references is copied first, so APPEND is amortised O(bytes appended).
  // REQUIRES: type() == Type::kString.
  char* ResizeString(EntryHandle& entry, size_t new_size);

  // The bytes of a packed collection to be written to, in place; a blob that a reply or a copy
  // still references is copied first. Prefer EntryPacked. REQUIRES: is_inline() or is_blob().
  char* MutablePacked(EntryHandle entry);
  // The same with another size: the first min(old, new) bytes stay, the rest has any value. Blobs
  // grow by about an eighth, so n appended bytes cost O(n), and shrink when half of one is unused.
  char* ResizePacked(EntryHandle& entry, size_t new_size);

  // Replaces the label that OBJECT ENCODING shows; in place.
  void SetEncoding(EntryHandle entry, Encoding encoding);

  // Removes the entry and frees its value at once.
  void Erase(EntryHandle entry);
  // Removes the entry; the value comes back, to be dropped or given to LazyFree. Short strings are
  // freed here and give an empty DetachedValue.
  DetachedValue Detach(EntryHandle entry);
  // About how many allocations or pages freeing the value means; 1 for anything small. UNLINK and
  // the lazyfree options detach what is above 64.
  size_t FreeEffort(EntryHandle entry) const;

  EntryHandle SetExpiry(EntryHandle entry, int64_t expiry_ms);
  // A field inside the entry (a hash) got this expiry: active expiry will hand the entry out then.
  // Values that are put, renamed or moved are looked at without being told.
  void NoteFieldExpiry(EntryHandle entry, int64_t expiry_ms) {
    NoteExpiry(entry.position_, expiry_ms);
  }
  EntryHandle ClearExpiry(EntryHandle entry);
  // Gives the value another name; it keeps expiry, encoding and access bits, and is not copied if
  // it is a blob or an object. REQUIRES: no entry is named `to` (erase it first and find `from`
  // again), and `to.name` does not point into `from`.
  EntryHandle Rename(EntryHandle from, const Key& to);

  // Hands expired entries to `on_expired`, which Erases or Detaches the one it is given and writes
  // nothing else to this database, and those with an expired field to `on_fields`, which only notes
  // them: the caller removes such fields later, or gets the entry again. Sweeps over the segments,
  // going on where the last call stopped; a segment is read only if something in it is due. Stops
  // at the end of the sweep, after `max_examined` entries, or when `out_of_time()` (asked after
  // every segment read and every 256 heads) says so. One segment has at most 434 entries (about 30
  // us), so slices can be as short as that. O(1) when nothing at all is due.
  ExpireReport ActiveExpire(int64_t now_ms, size_t max_examined, FunctionRef<bool()> out_of_time,
                            FunctionRef<void(EntryHandle)> on_expired,
                            FunctionRef<void(EntryHandle)> on_fields);

  // FLUSHDB: everything goes to the caller in O(1), to be dropped here or on another thread.
  std::unique_ptr<DetachedStorage> DetachAll();

  // --- accounting ---

  // What the key costs: entry, value, its slot. MEMORY USAGE.
  size_t EntryBytes(EntryHandle entry) const;
  // Directory and segments.
  size_t table_bytes() const { return table_.bytes(); }
  // Blobs as allocated. Objects are not counted: they come from the allocator, which knows.
  size_t blob_bytes() const { return blob_bytes_; }
  const Arena& arena() const { return *arena_; }
  const Table& table() const { return table_; }

  // The access bits of entries to come (store/eviction_clock.h): set once per batch.
  uint32_t new_entry_access() const { return new_entry_access_; }
  void set_new_entry_access(uint32_t bits) { new_entry_access_ = bits; }

 private:
  // A value on its way into an entry.
  struct Value {
    Type type;
    Encoding encoding;
    uint8_t kind;                   // Entry::Flag: 0 (inline), kInteger, kBlob or kObject
    std::string_view inline_bytes;  // kind 0: these, cut or followed by zeros to ...
    size_t inline_length = 0;       // ... this length
    uint64_t word = 0;              // the other kinds
  };

  static uint64_t HashOfElement(const void* element, const void* hasher);
  // `existing` or a new entry with this value. Frees the value that was there.
  EntryHandle Put(const Key& key, EntryHandle existing, const Value& value, int64_t expiry_ms);
  EntryHandle PutBytes(const Key& key, EntryHandle existing, std::string_view bytes,
                       Encoding encoding, int64_t expiry_ms);
  EntryHandle Insert(const Key& key, const Value& value, int64_t expiry_ms, uint32_t access);
  // Lays the entry out anew (in place if its size class stays). The old value's blob or object, if
  // it had one, was taken before.
  EntryHandle Rewrite(EntryHandle handle, const Value& value, int64_t expiry_ms);
  void Fill(Entry* entry, std::string_view key, const Value& value, int64_t expiry_ms);
  // Whether an entry that gets this expiry needs no other layout and no accounting for it.
  static bool KeepsExpiry(const Entry& entry, int64_t expiry_ms) {
    return expiry_ms == kKeepExpiry || (expiry_ms == kNoExpiry && !entry.has_expiry());
  }
  // The entry's value as it is; inline bytes are a view into the entry.
  static Value ValueOf(const Entry& entry);
  static Value InlineValue(Encoding encoding, std::string_view bytes);
  static Value BlobValue(BlobRef blob);
  static size_t SizeFor(size_t key_length, const Value& value, bool has_expiry);
  static bool FitsInline(size_t key_length, bool has_expiry, size_t length);
  // Takes the value's share out of the accounts, or puts it in.
  void AccountValue(const Value& value, bool add);
  void AccountExpiry(int64_t old_ms, int64_t new_ms);
  void NoteExpiry(Table::Position position, int64_t expiry_ms);
  // Takes blob or object over from an entry whose value is about to be replaced or removed.
  DetachedValue TakeValue(const Entry& entry);
  void Unlink(EntryHandle entry);
  char* ResizeBlob(EntryHandle entry, size_t new_size);
  // Makes an inline value `new_size` bytes long, zeros behind the old ones.
  // REQUIRES: it is not in a blob, and fits inline.
  char* ResizeInline(EntryHandle& entry, std::string_view old, Encoding encoding, size_t new_size);
  // Puts `blob` in the place of the entry's blob, or gives it one.
  void ReplaceBlob(EntryHandle entry, BlobRef blob);
  // One segment of the sweep: hands out what is expired; the bound of what remains.
  int64_t ExpireSegment(Table::Segment* segment, int64_t now_ms, ExpireReport& report,
                        FunctionRef<void(EntryHandle)> on_expired,
                        FunctionRef<void(EntryHandle)> on_fields);
  // The earliest expiry of a field in the entry, kNoExpiry if there is none; may be too early.
  int64_t FieldExpiryMs(const Entry& entry) const;
  EntryHandle NoteFields(EntryHandle entry);

  const KeyHasher& hasher_;
  ObjectTypes types_;
  ChunkSource* chunks_;  // of the arenas; may be null
  std::unique_ptr<Arena> arena_;
  Table table_;
  size_t expires_ = 0;
  // Sum of all expiries. 128 bits: 10^7 keys with moments near INT64_MAX would overflow 64.
  __extension__ using Wide = __int128;
  Wide expiry_sum_ms_ = 0;
  size_t owned_values_ = 0;  // entries with a blob or an object
  size_t blob_bytes_ = 0;
  uint32_t new_entry_access_ = 0;
  uint64_t sweep_prefix_ = 0;           // active expiry goes on here
  int64_t sweep_min_ms_ = INT64_MAX;    // lower bound over the segments this sweep has passed
  int64_t next_expiry_ms_ = INT64_MAX;  // lower bound over all entries
};

}  // namespace gotthard
