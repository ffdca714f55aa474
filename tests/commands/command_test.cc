#include <algorithm>

#include "commands/families.h"
#include "exec/command_docs.h"
#include "exec/command_table.h"
#include "tests/commands/harness.h"

namespace gotthard {
namespace {

// The value behind `key` in a reply that is a map or, in RESP2, a flat array of pairs.
const ReplyValue& At(const ReplyValue& map, std::string_view key) {
  for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].text == key) return map.elements[i + 1];
  }
  FAIL("no field " << key << " in " << ToText(map));
  return map;
}

std::vector<std::string> Texts(const ReplyValue& list) {
  std::vector<std::string> texts;
  for (const ReplyValue& element : list.elements) texts.push_back(element.text);
  return texts;
}

bool Has(const ReplyValue& list, std::string_view text) {
  std::vector<std::string> texts = Texts(list);
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

TEST_CASE("COMMAND describes every command, COMMAND COUNT counts them") {
  Harness h;
  ReplyValue all = h.Run("COMMAND");
  REQUIRE(all.elements.size() > 50);
  CHECK(h.Run("COMMAND COUNT") == Int(static_cast<int64_t>(all.elements.size())));
  CHECK(h.Run("COMMAND INFO") == all);
  for (const ReplyValue& command : all.elements) CHECK(command.elements.size() == 10);
}

TEST_CASE("COMMAND INFO tells arity, flags, keys, categories, tips and subcommands") {
  Harness h;
  CHECK(h.Run("COMMAND INFO time") ==
        Array({Array({Bulk("time"), Int(1),
                      Array({Simple("loading"), Simple("stale"), Simple("fast")}), Int(0), Int(0),
                      Int(0), Array({Simple("@fast")}), Bulks({"nondeterministic_output"}),
                      Array({}), Array({})})}));
  ReplyValue usage = h.Run("COMMAND INFO memory|usage").elements[0];
  CHECK(usage.elements[0] == Bulk("memory|usage"));
  CHECK(usage.elements[3] == Int(2));
  CHECK(usage.elements[4] == Int(2));
  CHECK(usage.elements[5] == Int(1));
  CHECK(usage.elements[8] ==
        Array({Array(
            {Bulk("flags"), Array({Simple("RO")}), Bulk("begin_search"),
             Array({Bulk("type"), Bulk("index"), Bulk("spec"), Array({Bulk("index"), Int(2)})}),
             Bulk("find_keys"),
             Array({Bulk("type"), Bulk("range"), Bulk("spec"),
                    Array({Bulk("lastkey"), Int(0), Bulk("keystep"), Int(1), Bulk("limit"),
                           Int(0)})})})}));
  ReplyValue config = h.Run("COMMAND INFO CONFIG").elements[0];
  REQUIRE(config.elements[9].elements.size() == 5);
  CHECK(config.elements[9].elements[0].elements[0] == Bulk("config|get"));
}

TEST_CASE("COMMAND INFO of what does not exist is nil") {
  Harness h;
  ReplyValue reply = h.Run("COMMAND INFO nosuch time get|key config|get|key config|nosuch");
  REQUIRE(reply.elements.size() == 5);
  CHECK(reply.elements[0].is_null());
  CHECK(reply.elements[1].elements[0] == Bulk("time"));
  CHECK(reply.elements[2].is_null());
  CHECK(reply.elements[3].is_null());
  CHECK(reply.elements[4].is_null());
}

TEST_CASE("COMMAND DOCS describes commands for people") {
  Harness h;
  ReplyValue docs = h.Run("COMMAND DOCS slowlog|get nosuch");
  REQUIRE(docs.elements.size() == 2);
  const ReplyValue& get = At(docs, "slowlog|get");
  CHECK(At(get, "since") == Bulk("2.2.12"));
  CHECK(At(get, "group") == Bulk("server"));
  CHECK(At(get, "complexity").text.find("O(N)") == 0);
  CHECK_FALSE(At(get, "summary").text.empty());
  CHECK(At(get, "history").elements[0].elements[0] == Bulk("4.0.0"));
  CHECK(At(get, "arguments") == Array({Array({Bulk("name"), Bulk("count"), Bulk("type"),
                                              Bulk("integer"), Bulk("display_text"), Bulk("count"),
                                              Bulk("flags"), Array({Simple("optional")})})}));

  const ReplyValue config = h.Run("COMMAND DOCS config").elements[1];
  const ReplyValue& subcommands = At(config, "subcommands");
  CHECK(subcommands.elements[0] == Bulk("config|get"));
  CHECK(At(subcommands.elements[3], "arguments").elements.size() == 1);
  CHECK(At(h.Run("COMMAND DOCS debug").elements[1], "doc_flags") == Array({Simple("syscmd")}));
  CHECK(h.Run("COMMAND DOCS").elements.size() ==
        2 * static_cast<size_t>(h.Run("COMMAND COUNT").integer));
}

TEST_CASE("COMMAND DOCS and INFO use RESP3's types") {
  Harness h;
  h.Run("HELLO 3");
  ReplyValue docs = h.Run("COMMAND DOCS time");
  CHECK(docs.kind == ReplyValue::Kind::kMap);
  CHECK(docs.elements[1].kind == ReplyValue::Kind::kMap);
  ReplyValue info = h.Run("COMMAND INFO memory|usage").elements[0];
  CHECK(info.elements[2] == reply::Set({Simple("readonly")}));
  CHECK(info.elements[8].kind == ReplyValue::Kind::kSet);
  CHECK(info.elements[8].elements[0].kind == ReplyValue::Kind::kMap);
}

TEST_CASE("COMMAND LIST filters by category and pattern") {
  Harness h;
  ReplyValue all = h.Run("COMMAND LIST");
  CHECK(Has(all, "time"));
  CHECK(Has(all, "config|get"));
  CHECK(h.Run("COMMAND LIST FILTERBY PATTERN time") == Bulks({"time"}));
  ReplyValue config = h.Run("COMMAND LIST FILTERBY PATTERN config|*re*");
  CHECK(Texts(config) == std::vector<std::string>{"config|rewrite", "config|resetstat"});
  CHECK(Has(h.Run("COMMAND LIST FILTERBY ACLCAT admin"), "config|set"));
  CHECK_FALSE(Has(h.Run("COMMAND LIST FILTERBY ACLCAT ADMIN"), "time"));
  CHECK(h.Run("COMMAND LIST FILTERBY ACLCAT nosuch") == Array({}));
  CHECK(h.Run("COMMAND LIST FILTERBY MODULE nosuch") == Array({}));
  for (const char* wrong : {"COMMAND LIST x", "COMMAND LIST FILTERBY x",
                            "COMMAND LIST FILTERBY x y", "COMMAND LIST FILTERBY PATTERN a b"}) {
    CHECK(h.Run(wrong) == Error("ERR syntax error"));
  }
}

TEST_CASE("COMMAND GETKEYS finds the keys of a request") {
  Harness h;
  CHECK(h.Run("COMMAND GETKEYS memory usage k") == Bulks({"k"}));
  CHECK(h.Run("COMMAND GETKEYS get k") == Bulks({"k"}));
  CHECK(h.Run("COMMAND GETKEYS mset a 1 b 2") == Bulks({"a", "b"}));
  CHECK(h.Run("COMMAND GETKEYS lcs a b") == Bulks({"a", "b"}));
  CHECK(h.Run("COMMAND GETKEYS sort a by w_* get # limit 0 store store b") == Bulks({"a", "b"}));
  CHECK(h.Run("COMMAND GETKEYS sort a store no store b") == Bulks({"a", "b"}));
  CHECK(h.Run("COMMAND GETKEYS sort_ro a by w_* get #") == Bulks({"a"}));
  CHECK(h.Run("COMMAND GETKEYS nosuch k") == Error("ERR Invalid command specified"));
  CHECK(h.Run("COMMAND GETKEYS memory nosuch k") == Error("ERR Invalid command specified"));
  CHECK(h.Run("COMMAND GETKEYS time") == Error("ERR The command has no key arguments"));
  CHECK(h.Run("COMMAND GETKEYS get") ==
        Error("ERR Invalid number of arguments specified for command"));
}

TEST_CASE("COMMAND GETKEYSANDFLAGS tells what a request does to its keys") {
  Harness h;
  CHECK(h.Run("COMMAND GETKEYSANDFLAGS memory usage k") ==
        Array({Array({Bulk("k"), Array({Simple("RO")})})}));
  CHECK(h.Run("COMMAND GETKEYSANDFLAGS set k v") ==
        Array({Array({Bulk("k"), Array({Simple("OW"), Simple("update")})})}));
  CHECK(h.Run("COMMAND GETKEYSANDFLAGS set k v GET") ==
        Array({Array({Bulk("k"), Array({Simple("RW"), Simple("access"), Simple("update")})})}));
}

TEST_CASE("COMMAND HELP names the subcommands") {
  Harness h;
  ReplyValue help = h.Run("COMMAND HELP");
  CHECK(help.elements[0] ==
        Simple("COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
  CHECK(Has(help, "COUNT"));
  CHECK(help.elements.back() == Simple("    Print this help."));
}

TEST_CASE("a command that was renamed away is not listed") {
  Harness h("rename-command time \"\"\nrename-command lolwut art");
  CHECK(h.Run("COMMAND INFO time").elements[0].is_null());
  CHECK_FALSE(Has(h.Run("COMMAND LIST"), "time"));
  CHECK(h.Run("COMMAND INFO art").elements[0].elements[0] == Bulk("lolwut"));
}

TEST_CASE("every row's syntax can be read, and names as many keys as the row has") {
  for (const auto& family : AllFamilies()) {
    for (const CommandSpec& spec : family) {
      int key_specs = 0;
      for (const KeySpec& keys : spec.keys) key_specs += keys.begin != KeySpec::Begin::kNone;
      auto parsed = ParseSyntax(spec.syntax, key_specs);
      INFO(spec.parent << " " << spec.name << ": " << spec.syntax);
      CHECK(parsed.ok());
      const bool takes_more = spec.arity != 1 + !spec.parent.empty();
      if (spec.arity > 0 && takes_more && (spec.flags & kContainer) == 0) {
        CHECK_FALSE(spec.syntax.empty());
      }
    }
  }
}

}  // namespace gotthard
