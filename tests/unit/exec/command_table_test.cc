// Rows by name, with rename-command applied.
#include "exec/command_table.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace gotthard {
namespace {

Status Nothing(Context& /*ctx*/, const Args& /*args*/) {
  return Status::Ok();
}

constexpr CommandSpec kFamily[] = {
    Command({.name = "get",
             .arity = 2,
             .keys = {KeyAt(1, kKeyReadOnly)},
             .run = Nothing,
             .since = "1",
             .summary = "s"}),
    Command({.name = "mset",
             .arity = -3,
             .keys = {KeyRange(1, -1, 2, kKeyOverwrite)},
             .run = Nothing,
             .since = "1",
             .summary = "s"}),
    Command({.name = "client", .arity = -2, .flags = kContainer, .since = "1", .summary = "s"}),
};
constexpr CommandSpec kSubcommands[] = {
    Command({.name = "list",
             .parent = "client",
             .arity = -2,
             .run = Nothing,
             .since = "1",
             .summary = "s"}),
};
constexpr std::span<const CommandSpec> kFamilies[] = {kSubcommands, kFamily};

Result<CommandTable> Build(std::vector<CommandTable::Rename> renames = {}) {
  return CommandTable::Build(kFamilies, renames);
}

TEST_CASE("Commands and subcommands have rows of their own, found in any case") {
  Result<CommandTable> table = Build();
  REQUIRE(table.ok());
  const CommandRow* get = table->Find("GeT");
  REQUIRE(get != nullptr);
  CHECK(get->full_name == "get");
  CHECK(&table->row(get->number) == get);
  CHECK(get->number >= table->first_row());
  const CommandRow* list = table->Find("CLIENT|LIST");
  REQUIRE(list != nullptr);
  CHECK(list->full_name == "client|list");
  CHECK(table->Resolve("client", "list") == list);
  CHECK(table->Resolve("get", "list") == get);  // no container: the word is an argument
  CHECK(table->Resolve("client", "nosuch") == nullptr);
  CHECK(table->Find("list") == nullptr);
  CHECK(table->Find("client")->subcommands == std::vector<uint16_t>{list->number});
}

TEST_CASE("The parsing side knows where the keys are") {
  Result<CommandTable> table = Build();
  REQUIRE(table.ok());
  const IndexedCommand* get = table->index().Find("get");
  REQUIRE(get != nullptr);
  CHECK(get->first_key == 1);
  CHECK(get->last_key == 1);
  const IndexedCommand* mset = table->index().Find("mset");
  REQUIRE(mset != nullptr);
  CHECK(mset->last_key == -1);
  CHECK(mset->key_step == 2);
  CHECK(table->index().Find("client")->container);
}

TEST_CASE("A renamed command answers to its new name alone, subcommands included") {
  Result<CommandTable> table = Build({{"GET", "Fetch"}, {"client", "people"}});
  REQUIRE(table.ok());
  CHECK(table->Find("get") == nullptr);
  REQUIRE(table->Find("FETCH") != nullptr);
  CHECK(table->Find("fetch")->full_name == "get");
  CHECK(table->Resolve("people", "list") != nullptr);
  CHECK(table->Resolve("client", "list") == nullptr);
}

TEST_CASE("A command renamed to nothing is gone") {
  Result<CommandTable> table = Build({{"client", ""}, {"mset", ""}});
  REQUIRE(table.ok());
  CHECK(table->Find("mset") == nullptr);
  CHECK(table->Find("") == nullptr);
  CHECK(table->Resolve("client", "list") == nullptr);
}

TEST_CASE("Two commands may exchange their names one after the other") {
  Result<CommandTable> table = Build({{"get", "tmp"}, {"mset", "get"}, {"tmp", "mset"}});
  REQUIRE(table.ok());
  CHECK(table->Find("mset")->full_name == "get");
  CHECK(table->Find("get")->full_name == "mset");
  CHECK(table->Find("tmp") == nullptr);
}

TEST_CASE("A rename of or to something that cannot be stops the start") {
  CHECK(Build({{"nosuch", "x"}}).error_text() == "No such command in rename-command: 'nosuch'");
  CHECK(Build({{"get", "x"}, {"get", "y"}}).error_text() ==
        "No such command in rename-command: 'get'");
  CHECK(Build({{"get", "MSET"}}).error_text() == "Target command name already exists: 'MSET'");
}

TEST_CASE("A subcommand without its container is a defect that is told") {
  constexpr std::span<const CommandSpec> kAlone[] = {kSubcommands};
  CHECK_FALSE(CommandTable::Build(kAlone, {}).ok());
}

}  // namespace
}  // namespace gotthard
