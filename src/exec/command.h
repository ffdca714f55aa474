// CommandSpec: one row per command, written beside its handler in the file of its family.
//
// Dispatch, COMMAND INFO/DOCS/GETKEYS, ACL categories, the I/O threads' key hashing and the tests
// all read the row; nothing compares a command's name at run time. A subcommand is a row of its own
// with
// `.parent` set. Rows are constants with static storage; `Command` is consteval, so that a row
// without a name, arity, summary or handler does not compile.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace gotthard {

class Context;
class Args;

// Runs one command: validates, changes, replies through ctx.reply(). On an error nothing has been
// changed and nothing written to the reply; the executor renders the Status.
using Handler = Status (*)(Context& ctx, const Args& args);

// Flags as COMMAND INFO names them (COMMAND INFO's order), then our own.
enum CommandFlag : uint64_t {
  kWrite = 1ull << 0,
  kReadonly = 1ull << 1,
  kDenyOom = 1ull << 2,
  kModule = 1ull << 3,
  kAdmin = 1ull << 4,
  kPubsub = 1ull << 5,
  kNoscript = 1ull << 6,
  kBlocking = 1ull << 7,
  kLoading = 1ull << 8,
  kStale = 1ull << 9,
  kSkipMonitor = 1ull << 10,
  kSkipSlowlog = 1ull << 11,
  kAsking = 1ull << 12,
  kFast = 1ull << 13,
  kNoAuth = 1ull << 14,
  kMayReplicate = 1ull << 15,
  kNoAsyncLoading = 1ull << 16,
  kAllowBusy = 1ull << 17,
  kNoMulti = 1ull << 18,
  kNoMandatoryKeys = 1ull << 19,
  kMovableKeys = 1ull << 20,
  kSentinel = 1ull << 21,
  kOnlySentinel = 1ull << 22,
  // Ours, not shown by COMMAND INFO.
  kContainer = 1ull << 40,      // only a parent of subcommands, without a handler of its own
  kChangesAuth = 1ull << 41,    // while unauthenticated, the connection waits for this one's reply
                                // before it parses on: limits of the parser depend on it
  kInTransaction = 1ull << 42,  // runs at once inside MULTI instead of being queued
  kRunsTransaction = 1ull << 43,  // EXEC: does what its queue does
  kSysCommand = 1ull << 44,       // shown as `syscmd` by COMMAND DOCS: not for applications
  kBrief = 1ull << 45,  // takes as long as its arguments are: timed together with its like, as
                        // kFast is, which COMMAND INFO does not say of it
};

// ACL categories, in the order of Redis's ACL CAT, those of Redis 8 behind those of Redis 7.
enum AclCategory : uint64_t {
  kAclKeyspace = 1ull << 0,
  kAclRead = 1ull << 1,
  kAclWrite = 1ull << 2,
  kAclSet = 1ull << 3,
  kAclSortedSet = 1ull << 4,
  kAclList = 1ull << 5,
  kAclHash = 1ull << 6,
  kAclString = 1ull << 7,
  kAclBitmap = 1ull << 8,
  kAclHyperLogLog = 1ull << 9,
  kAclGeo = 1ull << 10,
  kAclStream = 1ull << 11,
  kAclPubsub = 1ull << 12,
  kAclAdmin = 1ull << 13,
  kAclFast = 1ull << 14,
  kAclSlow = 1ull << 15,
  kAclBlocking = 1ull << 16,
  kAclDangerous = 1ull << 17,
  kAclConnection = 1ull << 18,
  kAclTransaction = 1ull << 19,
  kAclScripting = 1ull << 20,
  kAclTDigest = 1ull << 21,
  kAclCountMin = 1ull << 22,
  kAclBloom = 1ull << 23,
  kAclCuckoo = 1ull << 24,
  kAclTopK = 1ull << 25,
};

// Groups as COMMAND DOCS names them, from kBloom on as the documentation of those commands does.
enum class CommandGroup : uint8_t {
  kGeneric,
  kString,
  kList,
  kSet,
  kSortedSet,
  kHash,
  kPubsub,
  kTransactions,
  kConnection,
  kServer,
  kScripting,
  kHyperLogLog,
  kCluster,
  kSentinelGroup,
  kGeo,
  kStream,
  kBitmap,
  kBloom,
  kCuckoo,
  kCountMin,
  kTopK,
  kTDigest,
};

// What a command does to a key (flags of a key specification, as COMMAND INFO shows them).
enum KeyFlag : uint16_t {
  kKeyReadOnly = 1 << 0,    // RO
  kKeyReadWrite = 1 << 1,   // RW
  kKeyOverwrite = 1 << 2,   // OW
  kKeyRemove = 1 << 3,      // RM
  kKeyAccess = 1 << 4,      // access
  kKeyUpdate = 1 << 5,      // update
  kKeyInsert = 1 << 6,      // insert
  kKeyDelete = 1 << 7,      // delete
  kKeyNotKey = 1 << 8,      // not_key
  kKeyIncomplete = 1 << 9,  // incomplete
  kKeyVariable = 1 << 10,   // variable_flags
};

// Where a command's keys are: how to find the first one, and how to find the others from there
// (the key specifications of Redis 7).
struct KeySpec {
  enum class Begin : uint8_t { kNone, kIndex, kKeyword, kUnknown };
  enum class Find : uint8_t { kRange, kKeynum, kUnknown };
  Begin begin = Begin::kNone;
  Find find = Find::kRange;
  uint16_t flags = 0;
  int16_t index = 0;         // kIndex: position of the first key; kKeyword: where to start to look
  std::string_view keyword;  // kKeyword, kUnknown
  int16_t last = 0;          // kRange: last key relative to the first; -1 last argument, -2 ...
  int16_t step = 1;          // both
  int16_t limit = 0;         // kRange with last = -1: 0/1 all, 2 the first half, ...
  int16_t keynum_index = 0;  // kKeynum: where the number of keys is, relative to the begin
  int16_t first_key = 0;     // kKeynum: where the first key is, relative to the begin
  // kUnknown: what COMMAND INFO cannot say. Without a keyword there are keys that only the data
  // name (SORT's patterns); with one, the key is the argument of the option `keyword`, the last if
  // there are several, among options that begin at `index`. `widths` says how many arguments the
  // other options take, "limit:2 by:1"; what is not in it takes none.
  std::string_view widths = {};
  // kKeyVariable: `flags` hold when one of these words ("set incrby", lower case) is among the
  // arguments, and `flags_otherwise` when none is.
  std::string_view flags_if_any = {};
  uint16_t flags_otherwise = 0;
};

// One key at `position`.
consteval KeySpec KeyAt(int16_t position, uint16_t flags) {
  return {.begin = KeySpec::Begin::kIndex, .flags = flags, .index = position};
}
// One key at `position` that is used by `flags` when one of the words is among the arguments, and
// by `otherwise` when none is.
consteval KeySpec KeyAtVarying(int16_t position, uint16_t flags, std::string_view if_any,
                               uint16_t otherwise) {
  KeySpec spec = KeyAt(position, flags | kKeyVariable);
  spec.flags_if_any = if_any;
  spec.flags_otherwise = otherwise;
  return spec;
}
// Keys from `first` to `last` (absolute; negative counts from the end: -1 is the last argument).
consteval KeySpec KeyRange(int16_t first, int16_t last, int16_t step, uint16_t flags) {
  return {.begin = KeySpec::Begin::kIndex,
          .flags = flags,
          .index = first,
          .last = static_cast<int16_t>(last < 0 ? last : last - first),
          .step = step};
}
// One key behind the word `keyword`, which is looked for from position `start` on.
consteval KeySpec KeyAfter(std::string_view keyword, int16_t start, uint16_t flags) {
  return {.begin = KeySpec::Begin::kKeyword, .flags = flags, .index = start, .keyword = keyword};
}
// `numkeys key [key ...]` with numkeys at `position`.
consteval KeySpec KeysCounted(int16_t position, uint16_t flags) {
  return {.begin = KeySpec::Begin::kIndex,
          .find = KeySpec::Find::kKeynum,
          .flags = flags,
          .index = position,
          .keynum_index = 0,
          .first_key = 1};
}

struct CommandSpec {
  std::string_view name;         // lower case; of a subcommand only its own word
  std::string_view parent = {};  // "client" for CLIENT LIST
  int16_t arity = 0;             // as Redis: counts the name(s); negative = at least
  uint64_t flags = 0;
  uint64_t acl = 0;  // kAclRead/Write/Fast/Slow/Admin... implied by flags are added by `Command`
  CommandGroup group = CommandGroup::kGeneric;
  std::array<KeySpec, 3> keys = {};
  // The argument that names an element of the collection under the first key, 0 if there is none:
  // its memory is touched before the command's turn comes (exec/element_ahead.h).
  uint8_t element = 0;
  Handler run = nullptr;
  std::string_view since;
  std::string_view complexity;
  std::string_view summary;
  // The arguments after the name in the notation of the documentation, from which COMMAND DOCS
  // builds its tree: `key [NX | XX] [EX:seconds|PX:milliseconds]`; see exec/command_docs.h.
  std::string_view syntax = {};
  std::string_view history = {};  // "6.2.0: Added GET.\n7.0.0: ..." one change a line
  std::string_view tips = {};     // "request_policy:multi_shard\nresponse_policy:agg_sum"
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};  // "`SET` with the `NX` argument"
};

// Checks a row at compile time and adds the ACL categories that its flags imply.
consteval CommandSpec Command(CommandSpec spec) {
  if (spec.name.empty()) throw "a command row needs a name";
  if (spec.arity == 0) throw "a command row needs an arity";
  if (spec.summary.empty()) throw "a command row needs a summary";
  if (spec.since.empty()) throw "a command row needs the version it came with";
  if (spec.run == nullptr && (spec.flags & kContainer) == 0) throw "a command row needs a handler";
  if ((spec.flags & kWrite) != 0 && (spec.acl & kAclScripting) == 0) spec.acl |= kAclWrite;
  if ((spec.flags & kReadonly) != 0 && (spec.acl & kAclScripting) == 0) spec.acl |= kAclRead;
  if ((spec.flags & kAdmin) != 0) spec.acl |= kAclAdmin | kAclDangerous;
  if ((spec.flags & kPubsub) != 0) spec.acl |= kAclPubsub;
  if ((spec.flags & kBlocking) != 0) spec.acl |= kAclBlocking;
  spec.acl |= (spec.flags & kFast) != 0 ? kAclFast : kAclSlow;
  return spec;
}

}  // namespace gotthard
