// Clients that wait for keys: who is served, in what order, and what ends a wait. The commands are
// the test's own, on strings: PUT fills a key, TAKE waits until one of some keys is there.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/exec/world.h"

namespace gotthard {
namespace {

Status Put(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  ctx.db().PutString(key, ctx.FindWrite(key), args[2], kNoExpiry);
  ctx.Changed(key, kEventList, "set");
  return ctx.reply().Ok();
}

// A value of another type, which nobody waits for.
Status PutOther(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  ctx.db().PutPacked(key, ctx.FindWrite(key), Type::kHash, Encoding::kListpack, "?", kNoExpiry);
  ctx.Changed(key, kEventHash, "hset");
  return ctx.reply().Ok();
}

Status Drop(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  if (EntryHandle entry = ctx.FindWrite(key)) ctx.Delete(entry, key, /*lazy=*/false);
  return ctx.reply().Ok();
}

std::vector<std::string_view> KeysOf(const Args& args, size_t first, size_t end) {
  std::vector<std::string_view> keys;
  for (size_t i = first; i < end; ++i) keys.push_back(args[i]);
  return keys;
}

// TAKE key [key ...] timeout_ms: removes the first that is there.
Status Take(Context& ctx, const Args& args) {
  const int64_t timeout_ms = *ParseInt64(args[args.size() - 1]);
  for (size_t i = 1; i + 1 < args.size(); ++i) {
    Result<EntryHandle> entry = ctx.FindWriteOf(Type::kString, args.key(i));
    if (!entry) return entry.error();
    if (!*entry) continue;
    char digits[24];
    (void)ctx.reply().Bulk((*entry)->ValueText(digits));
    ctx.Delete(*entry, args.key(i), /*lazy=*/false);
    return Status::Ok();
  }
  if (ctx.deny_blocking()) return ctx.reply().NullArray();
  const auto keys = KeysOf(args, 1, args.size() - 1);
  return ctx.BlockForKeys(args, {.type = Type::kString,
                                 .keys = keys,
                                 .deadline_ms = timeout_ms == 0 ? 0 : ctx.now_ms() + timeout_ms});
}

// PASS from to: waits for `from` and puts its value into `to`.
Status Pass(Context& ctx, const Args& args) {
  Result<EntryHandle> from = ctx.FindWriteOf(Type::kString, args.key(1));
  if (!from) return from.error();
  if (!*from) {
    return ctx.BlockForKeys(args, {.type = Type::kString, .keys = KeysOf(args, 1, 2)});
  }
  char digits[24];
  const std::string text((*from)->ValueText(digits));
  ctx.Delete(*from, args.key(1), /*lazy=*/false);
  ctx.db().PutString(args.key(2), ctx.FindWrite(args.key(2)), text, kNoExpiry);
  ctx.Changed(args.key(2), kEventList, "set");
  return ctx.reply().Simple("passed");
}

// GUARD key [word]: waits as long as the key is there, and remembers what `$` was.
Status Guard(Context& ctx, const Args& args) {
  EntryHandle entry = ctx.FindRead(args.key(1));
  if (!entry) return Status::Error("GONE " + std::string(args[2]));
  if (entry->type() != Type::kString) return kErrWrongType;
  char digits[24];
  const std::vector<std::pair<size_t, std::string>> replace = {
      {2, std::string(entry->ValueText(digits))}};
  return ctx.BlockForKeys(
      args, {.type = Type::kString,
             .keys = KeysOf(args, 1, 2),
             .on_deletion = true,
             .replace = args[2] == "$" ? std::span(replace) : std::span(replace).first(0)});
}

Status Swap(Context& ctx, const Args& /*args*/) {
  ctx.BeforeReplace(0, 1);
  ctx.BeforeReplace(1, 0);
  ctx.server().keyspace.SwapDatabases(0, 1);
  return ctx.reply().Ok();
}

consteval CommandSpec Row(std::string_view name, int16_t arity, Handler run, uint64_t flags = 0) {
  return Command({.name = name,
                  .arity = arity,
                  .flags = flags,
                  .keys = {KeyAt(1, kKeyReadOnly)},
                  .run = run,
                  .since = "1",
                  .summary = "s"});
}

constexpr CommandSpec kFamily[] = {
    Row("put", 3, Put, kFast), Row("putother", 3, PutOther),
    Row("drop", 2, Drop),      Row("take", -3, Take, kFast | kBlocking),
    Row("pass", 3, Pass),      Row("guard", 3, Guard),
    Row("swap", 2, Swap),
};
constexpr std::span<const CommandSpec> kFamilies[] = {kFamily};

struct Clients : World {
  Clients() : World(kFamilies) {
    for (int i = 0; i < 5; ++i) NewClient();
  }
  Session& client(uint32_t i) { return *state.sessions.Find(ids.at(i)); }
  Session& NewClient() {
    Session& session = World::NewClient();
    ids.push_back(session.id);
    return session;
  }
  // What the client has got since the last call.
  std::string Got(uint32_t i) { return std::exchange(out[i], {}); }
  std::string Send(uint32_t i, std::string_view requests) {
    World::Send(client(i), requests);
    return Got(i);
  }
  std::vector<SessionId> ids;
};

TEST_CASE("those who wait for a key are served in their order, after the command") {
  Clients w;
  CHECK(w.Send(1, "TAKE k 0\r\n").empty());
  CHECK(w.Send(2, "TAKE other k 0\r\n").empty());
  CHECK(w.executor->blocked_clients() == 2);
  CHECK(w.state.blocked_keys.keys() == 2);
  CHECK(w.stats("take").calls == 0);
  CHECK(w.Send(0, "PUT k a\r\nPUT k b\r\nPUT k c\r\n") == "+OK\r\n+OK\r\n+OK\r\n");
  CHECK(w.Got(1) == "$1\r\na\r\n");
  CHECK(w.Got(2) == "$1\r\nb\r\n");
  CHECK(w.executor->blocked_clients() == 0);
  CHECK(w.state.blocked_keys.keys() == 0);
  CHECK(w.stats("take").calls == 2);
  CHECK(w.Send(3, "TAKE k 0\r\n") == "$1\r\nc\r\n");
}

TEST_CASE("a client's further requests wait with it and are run after it") {
  Clients w;
  CHECK(w.Send(1, "PUT x 1\r\nTAKE k 0\r\nPUT y 2\r\n") == "+OK\r\n");
  CHECK(w.Send(1, "TAKE x 0\r\n").empty());
  w.Send(0, "PUT k a\r\n");
  CHECK(w.Got(1) == "$1\r\na\r\n+OK\r\n$1\r\n1\r\n");
  // With nothing behind the wait, what comes later is a batch of its own.
  CHECK(w.Send(1, "TAKE k 0\r\n").empty());
  CHECK(w.Send(1, "TAKE y 0\r\n").empty());
  w.Send(0, "PUT k b\r\n");
  CHECK(w.Got(1) == "$1\r\nb\r\n$1\r\n2\r\n");
}

TEST_CASE("a served client may make others ready, which are served in the same turn") {
  Clients w;
  w.Send(3, "TAKE d 0\r\n");
  w.Send(2, "PASS c d\r\n");
  w.Send(1, "PASS b c\r\n");
  w.Send(0, "PUT b v\r\n");
  CHECK(w.Got(1) == "+passed\r\n");
  CHECK(w.Got(2) == "+passed\r\n");
  CHECK(w.Got(3) == "$1\r\nv\r\n");
  // A ring comes to an end, since nobody waits any more.
  w.Send(1, "PASS b c\r\n");
  w.Send(2, "PASS c b\r\n");
  w.Send(0, "PUT b v\r\n");
  CHECK(w.Got(1) == "+passed\r\n");
  CHECK(w.Got(2) == "+passed\r\n");
  CHECK(w.Send(0, "TAKE b 0\r\n") == "$1\r\nv\r\n");
}

TEST_CASE("a value of another type wakes nobody") {
  Clients w;
  w.Send(1, "TAKE k 0\r\n");
  w.Send(0, "PUTOTHER k v\r\nDROP k\r\n");
  CHECK(w.Got(1).empty());
  CHECK(w.executor->blocked_clients() == 1);
  w.Send(0, "PUTOTHER k v\r\nPUT k w\r\n");
  CHECK(w.Got(1) == "$1\r\nw\r\n");
}

TEST_CASE("who waits for deletion hears of it, with the arguments as they were meant") {
  Clients w;
  w.Send(0, "PUT k first\r\n");
  CHECK(w.Send(1, "GUARD k $\r\n").empty());
  CHECK(w.Send(2, "GUARD k $\r\n").empty());
  CHECK(w.state.blocked_keys.keys_on_deletion() == 1);
  w.Send(0, "PUT k second\r\n");  // run again, goes on waiting
  CHECK(w.Got(1).empty());
  CHECK(w.executor->blocked_clients() == 2);
  w.Send(0, "DROP k\r\n");
  CHECK(w.Got(1) == "-GONE first\r\n");
  CHECK(w.Got(2) == "-GONE first\r\n");
  CHECK(w.stats("guard").failed_calls == 2);
  CHECK(w.state.blocked_keys.keys_on_deletion() == 0);
}

TEST_CASE("a wait that goes on keeps its place and its deadline") {
  Clients w;
  w.Send(0, "PUT k v\r\n");
  w.Send(1, "GUARD k $\r\n");
  w.Send(2, "TAKE t 50\r\n");
  const uint64_t ticket = w.client(1).key_wait->ticket;
  w.Send(0, "PUT k w\r\n");
  CHECK(w.client(1).key_wait->ticket == ticket);
  // A value that is gone again by the time of the second one leaves the deadline alone.
  w.Send(3, "TAKE t 0\r\n");
  w.time.AdvanceMs(49);
  w.executor->Tick();
  CHECK(w.Got(2).empty());
  w.time.AdvanceMs(1);
  w.executor->Tick();
  CHECK(w.Got(2) == "*-1\r\n");
  CHECK(w.stats("take").calls == 1);
  CHECK(w.executor->NextDeadlineMs() == INT64_MAX);
  w.Send(0, "PUT t x\r\n");
  CHECK(w.Got(3) == "$1\r\nx\r\n");
}

TEST_CASE("an ended connection and an error end the wait; nothing is left behind") {
  Clients w;
  w.Send(1, "TAKE k l 0\r\n");
  w.Send(2, "TAKE k 100\r\n");
  w.Send(3, "TAKE k 0\r\n");
  w.executor->EndSession(w.client(1));
  w.executor->UnblockWithError(w.client(2), "UNBLOCKED so");
  CHECK(w.Got(2) == "-UNBLOCKED so\r\n");
  CHECK(w.state.blocked_keys.keys() == 1);
  w.Send(0, "PUT l 1\r\nPUT k 2\r\n");
  CHECK(w.Got(3) == "$1\r\n2\r\n");
  CHECK(w.executor->blocked_clients() == 0);
  CHECK(w.state.blocked_keys.keys() == 0);
}

TEST_CASE("swapped databases make their keys ready") {
  Clients w;
  w.client(1).db = 1;
  w.Send(1, "TAKE k 0\r\n");
  w.Send(0, "PUT k v\r\n");
  CHECK(w.Got(1).empty());
  w.Send(0, "SWAP x\r\n");
  CHECK(w.Got(1) == "$1\r\nv\r\n");
}

TEST_CASE("what expires in the background is noticed by those who wait for its deletion") {
  Clients w;
  w.Send(0, "PUT k v\r\n");
  w.Send(1, "GUARD k $\r\n");
  Database& db = w.keyspace.db(0);
  const std::string name = "k";
  w.state.ExpireEntry(0, db, db.Find({name, w.hasher(name)}), name);
  CHECK(w.executor->NextDeadlineMs() <= w.clock.NowMs());
  w.executor->Tick();
  CHECK(w.Got(1) == "-GONE v\r\n");
}

TEST_CASE("thousands who wait for one key cost one look when it comes") {
  Clients w;
  std::vector<SessionId> many;
  for (int i = 0; i < 2'000; ++i) {
    Session& session = w.NewClient();
    many.push_back(session.id);
    w.World::Send(session, "TAKE k 0\r\n");
  }
  CHECK(w.state.blocked_keys.keys() == 1);
  w.Send(0, "PUT k a\r\nPUT k b\r\n");
  CHECK(w.Got(many[0].index) == "$1\r\na\r\n");
  CHECK(w.Got(many[1].index) == "$1\r\nb\r\n");
  CHECK(w.Got(many[2].index).empty());
  CHECK(w.executor->blocked_clients() == 1'998);
}

}  // namespace
}  // namespace gotthard
