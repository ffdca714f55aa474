// What is sent: whole requests, with the keys and values that the options ask for.
#include "benchmark/workload.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

using gotthard::bench::ChooseWorkloads;
using gotthard::bench::Options;
using gotthard::bench::PreloadWorkload;
using gotthard::bench::RequestRing;
using gotthard::bench::RingBuilder;
using gotthard::bench::Workload;

namespace {

Options Seeded() {
  Options options;
  options.seed = 11;
  return options;
}

// The words of one request, each checked against its length.
std::vector<std::string> Words(std::string_view request) {
  std::vector<std::string> words;
  const auto line = [&request] {
    const size_t end = request.find("\r\n");
    REQUIRE(end != request.npos);
    const std::string text(request.substr(1, end - 1));
    request.remove_prefix(end + 2);
    return std::stoul(text);
  };
  for (size_t left = line(); left > 0; --left) {
    const size_t size = line();
    REQUIRE(request.size() >= size + 2);
    words.emplace_back(request.substr(0, size));
    request.remove_prefix(size + 2);
  }
  CHECK(request.empty());
  return words;
}

std::vector<std::vector<std::string>> All(const RequestRing& ring) {
  std::vector<std::vector<std::string>> requests;
  for (size_t i = 0; i < ring.count(); ++i) requests.push_back(Words(ring.Slice(i, 1)));
  return requests;
}

std::vector<std::vector<std::string>> Build(const Options& options) {
  auto workloads = ChooseWorkloads(options);
  REQUIRE(workloads.ok());
  REQUIRE(workloads->size() == 1);
  return All(RingBuilder(options).Build((*workloads)[0]));
}

}  // namespace

TEST_CASE("the default tests are redis-benchmark's, in its order") {
  const Options options = Seeded();
  const auto workloads = ChooseWorkloads(options);
  REQUIRE(workloads.ok());
  std::vector<std::string> titles;
  for (const Workload& workload : *workloads) titles.push_back(workload.title);
  CHECK(titles == std::vector<std::string>{"PING_INLINE",
                                           "PING_MBULK",
                                           "SET",
                                           "GET",
                                           "INCR",
                                           "LPUSH",
                                           "RPUSH",
                                           "LPOP",
                                           "RPOP",
                                           "SADD",
                                           "HSET",
                                           "SPOP",
                                           "ZADD",
                                           "ZPOPMIN",
                                           "LPUSH (needed to benchmark LRANGE)",
                                           "LRANGE_100 (first 100 elements)",
                                           "LRANGE_300 (first 300 elements)",
                                           "LRANGE_500 (first 500 elements)",
                                           "LRANGE_600 (first 600 elements)",
                                           "MSET (10 keys)",
                                           "XADD"});
}

TEST_CASE("tests are chosen by name, LRANGE brings the LPUSH it needs") {
  Options options = Seeded();
  options.tests = {"lrange_100", "ping"};
  const auto workloads = ChooseWorkloads(options);
  REQUIRE(workloads.ok());
  REQUIRE(workloads->size() == 4);
  CHECK((*workloads)[2].title == "LPUSH (needed to benchmark LRANGE)");
  options.tests = {"get", "nonsense"};
  CHECK_FALSE(ChooseWorkloads(options).ok());
}

TEST_CASE("without -r there is one key, the one redis-benchmark uses") {
  Options options = Seeded();
  options.tests = {"set"};
  options.pipeline = 3;
  for (const auto& words : Build(options)) {
    REQUIRE(words.size() == 3);
    CHECK(words[1] == "key:__rand_int__");
    CHECK(words[2].size() == 3);
  }
}

TEST_CASE("-r draws 12 digits below it, into any word") {
  Options options = Seeded();
  options.keyspace = 10;
  options.command = {"zadd", "z", "__rand_int__", "m:__rand_int__:__rand_int__"};
  std::set<std::string> seen;
  for (const auto& words : Build(options)) {
    REQUIRE(words.size() == 4);
    REQUIRE(words[2].size() == 12);
    CHECK(std::stoul(words[2]) < 10);
    CHECK(words[3].size() == 2 + 12 + 1 + 12);
    seen.insert(words[2]);
  }
  CHECK(seen.size() == 10);
}

TEST_CASE("sizes are drawn from their ranges; a key's size belongs to the key") {
  Options options = Seeded();
  options.keyspace = 500;
  options.key_size = {16, 40};
  options.data_size = {8, 64};
  options.tests = {"set"};
  std::map<uint64_t, size_t> size_of_number;
  std::set<size_t> value_sizes;
  for (const auto& words : Build(options)) {
    REQUIRE(words[1].size() >= 16);
    REQUIRE(words[1].size() <= 40);
    const uint64_t number = std::stoull(words[1].substr(4));
    const auto [it, fresh] = size_of_number.emplace(number, words[1].size());
    CHECK(it->second == words[1].size());
    REQUIRE(words[2].size() >= 8);
    REQUIRE(words[2].size() <= 64);
    value_sizes.insert(words[2].size());
  }
  CHECK(value_sizes.size() == 64 - 8 + 1);
}

TEST_CASE("--ratio mixes SETs and GETs in proportion") {
  Options options = Seeded();
  options.keyspace = 1000;
  options.ratio_set = 1;
  options.ratio_get = 3;
  const auto requests = Build(options);
  const auto sets = std::count_if(requests.begin(), requests.end(),
                                  [](const auto& words) { return words[0] == "SET"; });
  const auto total = static_cast<double>(requests.size());
  CHECK(static_cast<double>(sets) / total == Approx(0.25).margin(0.01));  // the seed is fixed
}

TEST_CASE("zipf draws some keys far more often than others, uniform does not") {
  Options options = Seeded();
  options.keyspace = 1000;
  options.tests = {"get"};
  const auto most_frequent = [&] {
    std::map<std::string, size_t> counts;
    const auto requests = Build(options);
    for (const auto& words : requests) ++counts[words[1]];
    size_t most = 0;
    for (const auto& [key, count] : counts) most = std::max(most, count);
    return static_cast<double>(most) / static_cast<double>(requests.size());
  };
  CHECK(most_frequent() < 0.002);
  options.zipf = true;
  CHECK(most_frequent() > 0.1);  // 1/H(1000, 0.99) is 0.13
}

TEST_CASE("equal seeds give equal requests, others do not") {
  Options options = Seeded();
  options.keyspace = 1000;
  options.tests = {"set"};
  const auto first = Build(options);
  CHECK(Build(options) == first);
  options.seed = 12;
  CHECK(Build(options) != first);
}

TEST_CASE("preloading takes each number once, in SET or in the user's own command") {
  Options options = Seeded();
  options.preload = 100;
  options.ttl_s = 60;
  const auto sets = All(RingBuilder(options).BuildPreload(PreloadWorkload(options), 40, 60));
  REQUIRE(sets.size() == 60);
  CHECK(sets[0][1] == "key:000000000040");
  CHECK(sets[59][1] == "key:000000000099");
  CHECK(sets[0][3] == "EX");
  options.command = {"rpush", "list:__rand_int__", "__rand_int__", "__key__"};
  const auto own = All(RingBuilder(options).BuildPreload(PreloadWorkload(options), 7, 2));
  REQUIRE(own.size() == 2);
  CHECK(own[0] ==
        std::vector<std::string>{"rpush", "list:000000000007", "000000000007", "key:000000000007"});
  CHECK(own[1][1] == "list:000000000008");
}

TEST_CASE("a ring keeps to its memory, but holds a whole pipeline") {
  Options options = Seeded();
  options.keyspace = 1'000'000;
  options.requests = 1'000'000;
  options.ring_bytes = 64 * 1024;
  options.tests = {"get"};
  const auto workloads = ChooseWorkloads(options);
  REQUIRE(workloads.ok());
  const RequestRing ring = RingBuilder(options).Build((*workloads)[0]);
  CHECK(ring.Slice(0, ring.count()).size() < 64 * 1024 + 100);
  options.pipeline = 20'000;
  CHECK(RingBuilder(options).Build((*workloads)[0]).count() == 20'000);
}
