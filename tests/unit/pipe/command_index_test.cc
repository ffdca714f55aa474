// Names to rows, in any case.
#include "pipe/command_index.h"

#include <catch2/catch.hpp>
#include <string>

namespace gotthard {
namespace {

IndexedCommand Row(uint16_t row) {
  return IndexedCommand{.row = row};
}

// Every way of writing `name` in upper and lower case, the bits of `mask` saying which.
std::string WithCase(std::string name, size_t mask) {
  for (size_t i = 0; i < name.size(); ++i) {
    if ((mask >> i & 1) != 0 && name[i] >= 'a' && name[i] <= 'z') name[i] -= 'a' - 'A';
  }
  return name;
}

TEST_CASE("A command is found however its letters are written") {
  CommandIndex index;
  const std::string names[] = {"get", "set", "x", "getrange", "incrbyfloat", "a_b-c.d"};
  for (uint16_t i = 0; i < std::size(names); ++i) index.Add(names[i], Row(10 + i));
  for (uint16_t i = 0; i < std::size(names); ++i) {
    for (size_t mask = 0; mask < size_t{1} << names[i].size(); ++mask) {
      const IndexedCommand* found = index.Find(WithCase(names[i], mask));
      REQUIRE(found != nullptr);
      REQUIRE(found->row == 10 + i);
    }
  }
}

TEST_CASE("What looks like a command only to a careless comparison is none") {
  CommandIndex index;
  index.Add("get", Row(2));
  index.Add("getrange", Row(3));
  index.Add("incrbyfloat", Row(4));
  for (const char* name : {"", "ge", "gett", "getrang", "getrange1", "incrbyfloaT!", "incrbyfloas",
                           "incrbyfloa", "g\xc5t", "G@T", "GE[", "g`t", "ge{"}) {
    INFO(name);
    CHECK(index.Find(name) == nullptr);
  }
  // Letters differ from other bytes by the bit that upper case differs by.
  CHECK(index.Find(std::string_view("get\0", 4)) == nullptr);
  CHECK(index.Find(std::string(1000, 'g')) == nullptr);
}

TEST_CASE("Bytes that are no letters are compared as they are") {
  CommandIndex index;
  index.Add("a[b", Row(2));
  CHECK(index.Find("A[B") != nullptr);
  CHECK(index.Find("a{b") == nullptr);
  index.Add("a@b", Row(3));
  CHECK(index.Find("a`b") == nullptr);
}

TEST_CASE("Subcommands are found through their container and not as one word") {
  CommandIndex index;
  index.Add("client", IndexedCommand{.row = 2, .container = true});
  index.Add("client list", IndexedCommand{.row = 3, .subcommand = true});
  index.Add("list", Row(4));
  const IndexedCommand* found = index.FindSubcommand("CLIENT", "lIsT");
  REQUIRE(found != nullptr);
  CHECK(found->row == 3);
  CHECK(index.Find("client list") == nullptr);
  CHECK(index.FindSubcommand("client", "kill") == nullptr);
  CHECK(index.FindSubcommand("config", "list") == nullptr);
  CHECK(index.FindSubcommand("client", std::string(100, 'x')) == nullptr);
  CHECK(index.FindSubcommand("", "") == nullptr);
}

TEST_CASE("The index keeps every name as it grows") {
  CommandIndex index;
  for (uint16_t i = 0; i < 3000; ++i) index.Add("command" + std::to_string(i), Row(i));
  for (uint16_t i = 0; i < 3000; ++i) {
    const IndexedCommand* found = index.Find("COMMAND" + std::to_string(i));
    REQUIRE(found != nullptr);
    REQUIRE(found->row == i);
  }
  CHECK(index.Find("command3000") == nullptr);
}

TEST_CASE("An empty index finds nothing") {
  const CommandIndex index;
  CHECK(index.Find("get") == nullptr);
  CHECK(index.FindSubcommand("client", "list") == nullptr);
}

}  // namespace
}  // namespace gotthard
