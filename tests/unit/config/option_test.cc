#include <catch2/catch.hpp>
#include <cstring>
#include <new>
#include <set>

#include "base/split_args.h"
#include "memory_files.h"

using namespace gotthard;

namespace {

std::vector<const OptionRow*> AllRows() {
  std::vector<const OptionRow*> rows;
  for (const OptionSection& section : OptionSections()) {
    for (const OptionRow& row : section.rows) rows.push_back(&row);
  }
  return rows;
}

}  // namespace

TEST_CASE("Names and aliases are unique and every row has a help text", "[config]") {
  std::set<std::string_view> names;
  for (const OptionRow* row : AllRows()) {
    INFO(row->name);
    CHECK(names.insert(row->name).second);
    CHECK((row->alias.empty() || names.insert(row->alias).second));
    CHECK_FALSE(row->help.empty());
    CHECK((row->help.back() == '.'));
  }
  CHECK(names.size() > 200);
}

TEST_CASE("A new Config holds the default of every row", "[config]") {
  // Two objects over memory of different rubbish: what no row sets would differ.
  alignas(Config) static unsigned char ones[sizeof(Config)];
  alignas(Config) static unsigned char twos[sizeof(Config)];
  memset(ones, 0xff, sizeof(ones));
  memset(twos, 0x55, sizeof(twos));
  auto* one = new (ones) Config;
  auto* two = new (twos) Config;
  for (const OptionRow* row : AllRows()) {
    INFO(row->name);
    CHECK(GetOption(*row, *one) == GetOption(*row, *two));
  }
  CHECK(one->port == 6379);
  CHECK(one->maxclients == 10000);
  CHECK(one->io_threads == 0);
  CHECK(one->proto_max_bulk_len == 512 << 20);
  CHECK(one->save == std::vector<Config::SavePoint>{{3600, 1}, {300, 100}, {60, 10000}});
  CHECK(one->client_output_buffer_limit[Config::kClientReplica] ==
        Config::OutputLimit{256 << 20, 64 << 20, 60});
  one->~Config();
  two->~Config();
}

TEST_CASE("What an option reports, it accepts, and then reports again", "[config]") {
  for (const OptionRow* row : AllRows()) {
    INFO(row->name);
    Config config;
    const std::string before = GetOption(*row, config);
    std::vector<std::string> words;
    if (row->Has(kOptMultiArg)) {
      for (const std::string& line : OptionLines(*row, config)) {
        auto split = SplitArgs(line);
        REQUIRE(split);
        words.insert(words.end(), split->begin() + 1, split->end());
      }
      if (words.empty()) continue;
    } else {
      words.push_back(before);
    }
    if (!before.empty() || row->check == nullptr) {
      CHECK(SetOption(*row, config, words, {}).text() == "");
    }
    CHECK(GetOption(*row, config) == before);
  }
}

TEST_CASE("The lines of an option, loaded into a fresh store, give the same value", "[config]") {
  // Values other than the default, so that loading them has something to do.
  const std::pair<const char*, const char*> kChanged[] = {
      {"port", "7001"},
      {"unixsocketperm", "770"},
      {"maxmemory", "1gb"},
      {"maxmemory-clients", "5%"},
      {"io-threads", "4"},
      {"save", "1 2 3 4"},
      {"bind", "10.0.0.1 ::1"},
      {"loglevel", "debug"},
      {"logfile", "\"with blank\""},
      {"shutdown-on-sigint", "nosave now force"},
      {"notify-keyspace-events", "KEAnm"},
      {"oom-score-adj-values", "-5 0 2000"},
      {"client-output-buffer-limit", "pubsub 1kb 1 5"},
      {"latency-tracking-info-percentiles", "1.5 100"},
      {"replicaof", "example.com 6380"},
  };
  for (const auto& [name, value] : kChanged) {
    INFO(name);
    TestStore first;
    REQUIRE(first.Load(std::string(name) + ' ' + value) == "");
    TestStore second;
    CHECK(first.Get(name) != second.Get(name));
    for (const std::string& line : OptionLines(*FindOption(name), first.store.values())) {
      REQUIRE(second.Load(line) == "");
    }
    CHECK(first.Get(name) == second.Get(name));
  }
}

TEST_CASE("Keyspace events read and print as letters", "[config]") {
  CHECK(NotifyFlagsToString(NotifyFlagsFromString("KEg$lshzxetd")) == "AKE");
  CHECK(NotifyFlagsToString(NotifyFlagsFromString("ElK")) == "lKE");
  CHECK(NotifyFlagsToString(NotifyFlagsFromString("mKn")) == "nKm");
  CHECK(NotifyFlagsFromString("") == 0);
  CHECK(NotifyFlagsFromString("KEy") == -1);
}
