// The arguments of a command as COMMAND DOCS shows them, parsed from its row's `.syntax`.
//
// The notation is the one that Redis's documentation prints, with a few marks for what a reader
// guesses and a program cannot:
//
//   key value                 arguments, in lower case. Their type follows from the name (`key` is
//   a
//                             key, `count` an integer, ...); `increment(double)` says it.
//   SYNC                      a word to be sent as it is: a pure token. 'skip' is one in lower
//   case. COUNT count, EX:seconds   a token that belongs to the argument behind it LIMIT <offset
//   count>      ... to the group behind it; `[LIMIT offset count]` for short [ ]   < >   a | b
//   optional; grouping; one of key [key ...], key...     given several times; `[GET pattern]*...`
//   when the token is repeated too score member [score member ...]   a group given several times
//   condition=[NX | XX]       a name for what has none (a group, a token)
//   [NOW]@7.0.0               since when
//   addr~ip:port              the text that a help shows instead of the name
//   key#1                     which of the row's key specifications finds it, if not the next one
//
// Thread: any; pure functions. Cost: microseconds, for COMMAND DOCS alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace gotthard {

enum class DocType : uint8_t {
  kString,
  kInteger,
  kDouble,
  kKey,
  kPattern,
  kUnixTime,
  kPureToken,
  kOneOf,
  kBlock,
};
// "string", "unix-time", ... as COMMAND DOCS names it.
std::string_view DocTypeName(DocType type);

struct DocArgument {
  std::string name;
  DocType type = DocType::kString;
  int key_spec_index = -1;  // of a key: which specification finds it; -1 = none
  std::string token;        // "" = none
  std::string display;      // what a help shows instead of the name; "" = the name
  std::string since;        // "" = as old as the command
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;
  std::vector<DocArgument> arguments;  // of kOneOf and kBlock
};

// Parses `syntax`. `key_specs` is how many key specifications the row has. Fails with the place and
// what was expected there.
Result<std::vector<DocArgument>> ParseSyntax(std::string_view syntax, int key_specs);

}  // namespace gotthard
