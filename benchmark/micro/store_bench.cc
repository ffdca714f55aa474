// What the store costs per operation, on this machine: lookups with the prefetch pipeline that the
// executor runs (groups up to 96 keys ahead, entries up to 48), plain lookups, misses, inserts,
// overwrites, erases; nanoseconds of this thread's own CPU time and bytes per key at several sizes.
//
// Keys are 16 bytes, values 32 bytes, looked up in random order. Names and hashes are computed
// beforehand, as the I/O threads do; names lie in one array, read in order.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "store/database.h"

namespace gotthard {
namespace {

constexpr size_t kNameBytes = 16;
constexpr size_t kGroupsAhead = 96;
constexpr size_t kEntriesAhead = 48;
constexpr size_t kLookups = 2'000'000;

// CPU time, because the machine is shared. A read costs about 0.2 us.
double NowNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// The keys between the stages of running ahead, by number.
using Ring = std::array<Table::Ahead, 128>;

struct Request {
  char name[kNameBytes];
  uint64_t hash;

  Key key() const { return {{name, kNameBytes}, hash}; }
};

Request MakeRequest(const KeyHasher& hasher, uint64_t number) {
  Request request;
  char text[32];
  std::snprintf(text, sizeof(text), "key:%012llu", static_cast<unsigned long long>(number));
  std::memcpy(request.name, text, kNameBytes);
  request.hash = hasher({request.name, kNameBytes});
  return request;
}

std::vector<Request> RandomRequests(const KeyHasher& hasher, Random& random, size_t keys,
                                    uint64_t first, size_t count) {
  std::vector<Request> requests;
  requests.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    requests.push_back(MakeRequest(hasher, first + random.Below(keys)));
  }
  return requests;
}

void Touch(const Database& db, Ring& ring, const std::vector<Request>& requests, size_t i) {
  db.PrefetchGroup(requests[i].hash, &ring[i % ring.size()]);
}
void TouchEntry(Ring& ring, size_t i) {
  Table::Ahead& ahead = ring[i % ring.size()];
  if (ahead.table != nullptr) Database::PrefetchEntry(&ahead, 56);
}

// As the executor does it: for each command, first one step of each stage, then the command. The
// reply's bytes are copied out.
double PipelinedNs(Database& db, const std::vector<Request>& requests, size_t* found) {
  static char sink[64];
  Ring ring;
  const double start = NowNs();
  for (size_t i = 0; i < requests.size(); ++i) {
    if (i + kGroupsAhead < requests.size()) Touch(db, ring, requests, i + kGroupsAhead);
    if (i + kEntriesAhead < requests.size()) TouchEntry(ring, i + kEntriesAhead);
    if (const EntryHandle entry = db.Find(requests[i].key(), ring[i % ring.size()])) {
      const std::string_view bytes = entry->bytes();
      std::memcpy(sink, bytes.data(), std::min(bytes.size(), sizeof(sink)));
      __asm__ volatile("" : : "r"(sink) : "memory");
      ++*found;
    }
  }
  return (NowNs() - start) / static_cast<double>(requests.size());
}

double PlainNs(Database& db, const std::vector<Request>& requests, size_t* found) {
  const double start = NowNs();
  for (const Request& request : requests) {
    if (const EntryHandle entry = db.Find(request.key())) *found += entry->bytes().size() > 0;
  }
  return (NowNs() - start) / static_cast<double>(requests.size());
}

struct InsertFigures {
  double mean_ns;
  double longest_us;
};

// Inserts in batches; the longest single insert is looked for in a database of its own, because
// reading the clock that often costs more than inserting.
template <typename Each>
void InsertAll(Database& db, const KeyHasher& hasher, size_t keys, Each&& each) {
  const std::string value(32, 'v');
  constexpr size_t kBatch = 1'000;
  std::vector<Request> batch(kBatch);
  Ring ring;
  for (size_t done = 0; done < keys; done += kBatch) {
    for (size_t i = 0; i < kBatch; ++i) batch[i] = MakeRequest(hasher, done + i);
    each(0, kBatch);
    for (size_t i = 0; i < kBatch; ++i) {
      if (i + kGroupsAhead < kBatch) Touch(db, ring, batch, i + kGroupsAhead);
      const Key key = batch[i].key();
      db.PutString(key, db.Find(key), value, kNoExpiry);
      each(i + 1, kBatch);
    }
  }
}

InsertFigures Fill(Database& db, const KeyHasher& hasher, size_t keys) {
  InsertFigures figures = {0, 0};
  double start = 0;
  InsertAll(db, hasher, keys, [&](size_t done, size_t all) {
    if (done == 0) start = NowNs();
    if (done == all) figures.mean_ns += (NowNs() - start) / static_cast<double>(keys);
  });
  Database other(hasher);
  double last = 0;
  InsertAll(other, hasher, keys, [&](size_t done, size_t) {
    const double now = NowNs();
    if (done != 0) figures.longest_us = std::max(figures.longest_us, (now - last) / 1'000);
    last = now;
  });
  return figures;
}

double OverwriteNs(Database& db, const std::vector<Request>& requests) {
  const std::string value(32, 'w');
  Ring ring;
  const double start = NowNs();
  for (size_t i = 0; i < requests.size(); ++i) {
    if (i + kGroupsAhead < requests.size()) Touch(db, ring, requests, i + kGroupsAhead);
    if (i + kEntriesAhead < requests.size()) TouchEntry(ring, i + kEntriesAhead);
    const Key key = requests[i].key();
    db.PutString(key, db.Find(key, ring[i % ring.size()]), value, kNoExpiry);
  }
  return (NowNs() - start) / static_cast<double>(requests.size());
}

double EraseNs(Database& db, const std::vector<Request>& requests, size_t* erased) {
  Ring ring;
  const double start = NowNs();
  for (size_t i = 0; i < requests.size(); ++i) {
    if (i + kGroupsAhead < requests.size()) Touch(db, ring, requests, i + kGroupsAhead);
    if (i + kEntriesAhead < requests.size()) TouchEntry(ring, i + kEntriesAhead);
    if (const EntryHandle entry = db.Find(requests[i].key(), ring[i % ring.size()])) {
      db.Erase(entry);
      ++*erased;
    }
  }
  return (NowNs() - start) / static_cast<double>(requests.size());
}

template <typename Measure>
double Median(Measure&& measure) {
  double figures[5];
  for (double& figure : figures) figure = measure();
  std::sort(std::begin(figures), std::end(figures));
  return figures[2];
}

void Run(size_t keys) {
  const KeyHasher hasher(1);
  Random random(2);
  Database db(hasher);
  const InsertFigures insert = Fill(db, hasher, keys);
  const double bytes =
      static_cast<double>(db.arena().resident_bytes() + (size_t{8} << db.table().depth())) /
      static_cast<double>(keys);
  const std::vector<Request> hits = RandomRequests(hasher, random, keys, 0, kLookups);
  const std::vector<Request> misses = RandomRequests(hasher, random, keys, keys, kLookups);
  size_t found = 0;
  const double hit = Median([&] { return PipelinedNs(db, hits, &found); });
  const double miss = Median([&] { return PipelinedNs(db, misses, &found); });
  const double plain_hit = Median([&] { return PlainNs(db, hits, &found); });
  const double plain_miss = Median([&] { return PlainNs(db, misses, &found); });
  const double overwrite = Median([&] { return OverwriteNs(db, hits); });
  if (found != 10 * kLookups) std::printf("wrong: %zu found\n", found);
  size_t erased = 0;
  const double erase = EraseNs(db, hits, &erased);
  std::printf("%10zu %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f\n", keys, hit, miss,
              plain_hit, plain_miss, overwrite, insert.mean_ns, insert.longest_us, erase, bytes);
}

void PrintHead() {
  std::printf("%10s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "keys", "hit", "miss", "plainhit",
              "plainmis", "set", "insert", "worst us", "erase", "B/key");
}

TEST_CASE("store: nanoseconds per operation", "[store]") {
  PrintHead();
  for (const size_t keys : {100'000, 1'000'000}) Run(keys);
}

TEST_CASE("store: nanoseconds per operation at ten million keys", "[store][large]") {
  PrintHead();
  Run(10'000'000);
}

}  // namespace
}  // namespace gotthard
