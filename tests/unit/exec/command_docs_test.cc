#include "exec/command_docs.h"

#include <catch2/catch.hpp>

using namespace gotthard;

namespace {

// A tree as one line: name:type, then what is not the default.
std::string Print(const std::vector<DocArgument>& items) {
  std::string text;
  for (const DocArgument& item : items) {
    if (!text.empty()) text += " ";
    text += item.name + ":" + std::string(DocTypeName(item.type));
    if (item.key_spec_index >= 0) text += "#" + std::to_string(item.key_spec_index);
    if (!item.token.empty()) text += "/" + item.token;
    if (!item.display.empty()) text += "~" + item.display;
    if (!item.since.empty()) text += "@" + item.since;
    if (item.optional) text += "?";
    if (item.multiple) text += "+";
    if (item.multiple_token) text += "*";
    if (!item.arguments.empty()) text += "(" + Print(item.arguments) + ")";
  }
  return text;
}

std::string Parse(std::string_view syntax, int key_specs = 1) {
  auto parsed = ParseSyntax(syntax, key_specs);
  return parsed.ok() ? Print(*parsed) : "error: " + std::string(parsed.error_text());
}

}  // namespace

TEST_CASE("arguments get their type from their name or from the row") {
  CHECK(Parse("") == "");
  CHECK(Parse("key value count pattern score unix-time-seconds") ==
        "key:key#0 value:string count:integer pattern:pattern score:double "
        "unix-time-seconds:unix-time");
  CHECK(Parse("key increment(double)") == "key:key#0 increment:double");
  CHECK(Parse("COMMAND(string)...", 0) == "COMMAND:string+");
  CHECK(Parse("addr~ip:port") == "addr:string~ip:port");
}

TEST_CASE("tokens stand alone or belong to what follows them") {
  CHECK(Parse("SYNC") == "sync:pure-token/SYNC");
  CHECK(Parse("NO ONE") == "no:pure-token/NO one:pure-token/ONE");
  CHECK(Parse("SAMPLES count") == "count:integer/SAMPLES");
  CHECK(Parse("EX:seconds") == "seconds:integer/EX");
  CHECK(Parse("<SYNC> value") == "sync:pure-token/SYNC value:string");
  CHECK(Parse("'skip'") == "skip:pure-token/skip");
  CHECK(Parse("equal='='") == "equal:pure-token/=");
  CHECK(Parse("LIMIT <offset count>") == "limit:block/LIMIT(offset:integer count:integer)");
  CHECK(Parse("[LIMIT offset count]") == "limit:block/LIMIT?(offset:integer count:integer)");
  CHECK(Parse("TYPE client-type=<'normal' | 'pubsub'>") ==
        "client-type:oneof/TYPE(normal:pure-token/normal pubsub:pure-token/pubsub)");
}

TEST_CASE("choices and options nest") {
  CHECK(Parse("key value [NX | XX]@2.6.12 [GET]@6.2.0 [EX seconds | PX milliseconds | KEEPTTL]") ==
        "key:key#0 value:string "
        "condition:oneof@2.6.12?(nx:pure-token/NX xx:pure-token/XX) get:pure-token/GET@6.2.0? "
        "expiration:oneof?(seconds:integer/EX milliseconds:integer/PX keepttl:pure-token/KEEPTTL)");
  CHECK(Parse("[NX|XX] [EX:seconds|PX:milliseconds]") ==
        "condition:oneof?(nx:pure-token/NX xx:pure-token/XX) "
        "expiration:oneof?(seconds:integer/EX milliseconds:integer/PX)");
  CHECK(Parse("mode=<YES | SYNC | NO>") ==
        "mode:oneof(yes:pure-token/YES sync:pure-token/SYNC no:pure-token/NO)");
  CHECK(Parse("[FILTERBY <MODULE module-name | PATTERN pattern>]", 0) ==
        "filterby:oneof/FILTERBY?(module-name:string/MODULE pattern:pattern/PATTERN)");
  CHECK(Parse("count-block=[COUNT count [ANY]]") ==
        "count-block:block?(count:integer/COUNT any:pure-token/ANY?)");
}

TEST_CASE("repetition is written as the documentation does, or with dots") {
  CHECK(Parse("key [key ...]") == "key:key#0+");
  CHECK(Parse("key...") == "key:key#0+");
  CHECK(Parse("[section ...]", 0) == "section:string?+");
  CHECK(Parse("[section]...", 0) == "section:string?+");
  CHECK(Parse("key value [key value ...]") == "data:block+(key:key#0 value:string)");
  CHECK(Parse("data=<parameter value>...", 0) == "data:block+(parameter:string value:string)");
  CHECK(Parse("key score member [score member ...]") ==
        "key:key#0 data:block+(score:double member:string)");
  CHECK(Parse("[GET pattern [GET pattern ...]]") == "pattern:pattern/GET?+*");
  CHECK(Parse("[GET get-pattern(pattern)]*...") == "get-pattern:pattern/GET?+*");
}

TEST_CASE("keys know which specification finds them") {
  CHECK(Parse("key newkey", 2) == "key:key#0 newkey:key#1");
  CHECK(Parse("key1 key2", 1) == "key1:key#0 key2:key#0");
  CHECK(Parse("key [STORE destination#2]", 3) == "key:key#0 destination:key#2/STORE?");
  CHECK(Parse("key", 0) == "key:key");
}

TEST_CASE("a syntax that is not one says where") {
  CHECK(Parse("key [") == "error: column 6 of 'key [': expected an argument");
  CHECK(Parse("key [NX") == "error: column 8 of 'key [NX': expected ']'");
  CHECK(Parse("key ]") == "error: column 5 of 'key ]': expected an argument");
  CHECK(Parse("<a | >") == "error: column 6 of '<a | >': expected an argument");
  CHECK(Parse("key(colour)") == "error: column 4 of 'key(colour)': expected a type in parentheses");
  CHECK(Parse("'open") == "error: column 1 of ''open': expected a closing quote");
  CHECK(Parse("...") == "error: column 4 of '...': expected an argument before '...'");
  CHECK(Parse("!") == "error: column 1 of '!': expected an argument");
}
