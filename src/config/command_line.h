// The command line: gotthard-server [FILE|-] [--option value ...], read as redis-server reads it.
//
// Everything that is not one of our own switches becomes configuration text, as if it stood at the
// end of the file: `--port 7000` and `"--port 7000"` are the line `port 7000`; words after an
// option are further arguments of it, until a word begins with `--`. The first word after an option
// that has no argument yet always is its argument, even if it begins with `--` (a template, say),
// except after a bare `--save`, which means `save ""`. The first word, unless it begins with `-`,
// is the file; a lone `-` as first or last word is standard input.
//
// Owning thread: main. Parsed with Boost.Program_options.
#pragma once

#include <string>

#include "base/status.h"

namespace gotthard {

struct CommandLine {
  bool help = false;          // --help, -h
  bool version = false;       // --version, -v
  bool check_config = false;  // --check-config: load, say whether all is well, do not serve
  bool print_config = false;  // --print-config: the sample file, on standard output
  std::string file;           // empty: none
  bool from_stdin = false;
  std::string options;  // configuration text
};

// An error's text is for a person.
Result<CommandLine> ParseCommandLine(int argc, const char* const* argv);

// What --help prints.
std::string CommandLineHelp();

}  // namespace gotthard
