// The option table: one row per directive, from which file, command line, CONFIG GET/SET/REWRITE
// and conf/gotthard.conf are all derived. Adding an option is one row in a rows_*.cc and one member
// of Config.
//
// Owning thread: any; the rows are constants.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ascii.h"
#include "base/status.h"
#include "config/config.h"

namespace gotthard {

enum OptionFlag : uint32_t {
  kOptImmutable = 1 << 0,      // not to be changed by CONFIG SET
  kOptHidden = 1 << 1,         // left out of CONFIG GET patterns and of the sample file
  kOptMultiArg = 1 << 2,       // takes several words
  kOptSensitive = 1 << 3,      // the value must not reach a log, SLOWLOG or MONITOR
  kOptProtected = 1 << 4,      // CONFIG SET only where enable-protected-configs allows it
  kOptDenyLoading = 1 << 5,    // no CONFIG SET while the data set is being loaded
  kOptVolatile = 1 << 6,       // hooks run even if the value stays the same (a file's name)
  kOptDebug = 1 << 7,          // worth a line in a crash report
  kOptMemory = 1 << 8,         // integer: bytes, with Redis's units
  kOptPercent = 1 << 9,        // integer: also `5%`, kept negative
  kOptOctal = 1 << 10,         // integer: written in base 8
  kOptAutoIsZero = 1 << 11,    // integer: also `auto`, kept as 0
  kOptUnsetIfEmpty = 1 << 12,  // string: "" means unset, and a rewritten file has no line for it
  kOptAtStart = 1 << 14,       // CONFIG SET takes only the value it has (our own options)
  kOptNoEffect = 1 << 13,      // understood, reported and kept, but nothing acts on it so far
};

struct EnumValue {
  std::string_view name;
  int value;
};

// What a row's functions may need to know beyond the value.
struct SetOptionContext {
  bool from_file = false;     // a file or the command line, where `save` lines add up
  bool* save_seen = nullptr;  // from_file: whether an earlier line has dropped save's default
};

// An option whose value is no plain number, yes/no, word or enumeration.
struct CustomOption {
  // Parses all of `args` before it changes anything. The error's text has no code in front.
  Status (*set)(Config& config, std::span<const std::string> args, const SetOptionContext& context);
  std::string (*get)(const Config& config);  // as CONFIG GET reports it
  // The lines, each with the option's name in front, that make a file mean this value.
  std::vector<std::string> (*lines)(const Config& config);
  std::string_view takes;  // "pairs of seconds and changes": for messages
  // CONFIG REWRITE appends a line that the file did not have: kAlways, or only if it is not among
  // the default's lines. kDropDefault also takes the file's own lines away at the default.
  enum Rewrite { kIfChanged, kAlways, kDropDefault } rewrite = kIfChanged;
};

using OptionMember = std::variant<bool Config::*, int64_t Config::*, std::string Config::*,
                                  int Config::*, const CustomOption*>;

struct OptionRow {
  std::string_view name;
  std::string_view alias = {};  // the name it had in older versions of Redis
  OptionMember member;
  std::string_view initial = {};  // the default, as a file would have it
  int64_t min = 0;
  int64_t max = INT32_MAX;
  std::span<const EnumValue> values = {};  // for int members
  uint32_t flags = 0;
  // Says what is wrong with the word for a string or bool; empty when nothing is.
  std::string_view (*check)(std::string_view value) = nullptr;
  std::string_view help = {};
  std::string_view sample = {};   // an active line of conf/gotthard.conf
  std::string_view example = {};  // a commented line there, instead of the default

  bool Has(uint32_t flag) const { return (flags & flag) != 0; }
};

// A directive that only a file or the command line can give: it has no value to ask for.
struct DirectiveRow {
  std::string_view name;
  size_t min_args;
  size_t max_args;
  std::string_view takes;
  std::string_view help;
  std::string_view example;      // empty: not in the sample file
  bool keep_on_rewrite = false;  // CONFIG REWRITE leaves its lines as they are
};

struct OptionSection {
  std::string_view title;
  std::span<const OptionRow> rows;
  std::span<const DirectiveRow> directives = {};
};

// All rows, in the order of the sample file.
std::span<const OptionSection> OptionSections();

// The row of a name or alias, in any case; nullptr if there is none. *is_alias says which it was.
const OptionRow* FindOption(std::string_view name, bool* is_alias = nullptr);

const DirectiveRow* FindDirective(std::string_view name);
// The name of an option or directive that `name` may be a slip of the pen for; empty if none is
// near.
std::string_view NearestOption(std::string_view name);

// Parses `args` and stores the value. On an error (text without a code) nothing has changed.
Status SetOption(const OptionRow& row, Config& config, std::span<const std::string> args,
                 const SetOptionContext& context);
// The value as CONFIG GET reports it.
std::string GetOption(const OptionRow& row, const Config& config);
// The lines that stand for the value in a file.
std::vector<std::string> OptionLines(const OptionRow& row, const Config& config);
// "a whole number from 0 to 65535": what the option accepts, for messages.
std::string OptionTakes(const OptionRow& row);

// The text of conf/gotthard.conf.
std::string PrintSampleConfig();

}  // namespace gotthard
