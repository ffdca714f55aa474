// The printer of conf/gotthard.conf.
#include "config/option_table.h"

namespace gotthard {

namespace {

constexpr size_t kColumns = 79;

constexpr std::string_view kHead =
    R"(# The configuration of Gotthard, with every option and its default.
#
#   gotthard-server /path/to/this/file [--option value ...]
#
# A line is a name and its value. Words with blanks in them stand in "double
# quotes", where \n, \t, \" and \xff mean what they mean in C, or in 'single
# quotes'. Sizes in bytes may have a unit, in upper or lower case:
#
#   1k = 1000   1kb = 1024   1m = 1000000   1mb = 1048576   1g   1gb
#
# Lines that begin with # and a name show a default or an example; take the #
# away to use them. "At start" marks options that CONFIG SET cannot change.
# A redis.conf works here as well: names, units and quoting are the same.
#
# (Printed from the option table: see "make conf".)
)";

constexpr std::string_view kNoEffectHead =
    R"(
###############################################################################
#                        UNDERSTOOD, BUT NOT IN EFFECT                        #
###############################################################################
#
# What follows is checked, shown by CONFIG GET and kept by CONFIG REWRITE, so
# that any redis.conf loads, but nothing in this version acts on it. Options
# of these that a file or the command line gives are named in the log.
)";

// Appends `text` as comment lines, broken between words.
void Comment(std::string_view text, std::string* out) {
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column == 0 || column + 1 + end > kColumns) {
      *out += column == 0 ? "# " : "\n# ";
      column = 2;
    } else {
      *out += ' ';
      ++column;
    }
    *out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  *out += '\n';
}

void Title(std::string_view title, std::string* out) {
  *out += "\n# --- ";
  *out += title;
  *out += ' ';
  out->append(kColumns - 7 - title.size(), '-');
  *out += '\n';
}

// The lines that show an option's default, ready to lose their '#'.
void DefaultLines(const OptionRow& row, const Config& defaults, std::string* out) {
  const std::vector<std::string> lines = OptionLines(row, defaults);
  if (lines.size() > 1) {
    for (const std::string& line : lines) *out += '#' + line + '\n';
    return;
  }
  const bool quote =
      row.initial.empty() || (row.initial.find(' ') != row.initial.npos && !row.Has(kOptMultiArg));
  *out += '#';
  *out += row.name;
  *out += quote ? " \"" : " ";
  *out += row.initial;
  *out += quote ? "\"\n" : "\n";
}

void PrintRow(const OptionRow& row, const Config& defaults, std::string* out) {
  std::string help(row.help);
  if (row.Has(kOptImmutable | kOptAtStart)) help += " At start.";
  if (!row.alias.empty()) help += " Formerly " + std::string(row.alias) + '.';
  *out += '\n';
  Comment(help, out);
  if (!row.sample.empty()) {
    *out += row.sample;
    *out += '\n';
  } else if (!row.example.empty()) {
    *out += '#';
    *out += row.example;
    *out += '\n';
  } else {
    DefaultLines(row, defaults, out);
  }
}

void PrintSection(const OptionSection& section, bool in_effect, const Config& defaults,
                  std::string* out) {
  std::string body;
  for (const OptionRow& row : section.rows) {
    if (row.Has(kOptHidden) || row.Has(kOptNoEffect) == in_effect) continue;
    PrintRow(row, defaults, &body);
  }
  for (const DirectiveRow& row : section.directives) {
    if (row.example.empty() || !in_effect) continue;
    body += '\n';
    Comment(row.help, &body);
    body += '#' + std::string(row.example) + '\n';
  }
  if (body.empty()) return;
  Title(section.title, out);
  *out += body;
}

}  // namespace

std::string PrintSampleConfig() {
  const Config defaults;
  std::string out(kHead);
  for (const OptionSection& section : OptionSections()) {
    PrintSection(section, /*in_effect=*/true, defaults, &out);
  }
  std::string rest;
  for (const OptionSection& section : OptionSections()) {
    PrintSection(section, /*in_effect=*/false, defaults, &rest);
  }
  if (!rest.empty()) out.append(kNoEffectHead) += rest;
  return out;
}

}  // namespace gotthard
