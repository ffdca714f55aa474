// The half of ConfigStore that reads files, standard input and the command line at start.
#include <algorithm>
#include <cstring>

#include "base/numbers.h"
#include "base/split_args.h"
#include "config/config_store.h"

namespace gotthard {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr int kMaxIncludeDepth = 16;
constexpr int kMaxIncludedFiles = 1000;
constexpr size_t kMaxShownLine = 1000;

std::string_view Trim(std::string_view text) {
  text.remove_suffix(text.size() - (text.find_last_not_of(kBlanks) + 1));
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

// What was wrong with a line, in the shape in which Redis says it; tools look for it.
Status LineError(std::string_view source, int number, std::string_view text,
                 std::string_view reason) {
  std::string message = "*** FATAL CONFIG FILE ERROR (Gotthard) ***\nReading ";
  message += source;
  if (number > 0) {
    message += ", at line " + FormatInt64(number) + "\n>>> '";
    message += text.substr(0, kMaxShownLine);
    message += text.size() > kMaxShownLine ? "...'" : "'";
  }
  message += '\n';
  message += reason;
  return Status::Error(std::move(message));
}

// The text of an error without its protocol code.
std::string_view WithoutCode(std::string_view text) {
  if (text.substr(0, 4) == "ERR ") text.remove_prefix(4);
  return text;
}

std::string OptionHint(const OptionRow& row) {
  std::string hint = "\n'" + std::string(row.name) + "' takes " + OptionTakes(row);
  if (!row.initial.empty()) hint += "; the default is " + std::string(row.initial);
  return hint + '.';
}

std::string UnknownReason(std::string_view name) {
  std::string reason = "Bad directive or wrong number of arguments\n";
  const DirectiveRow* row = FindDirective(name);
  if (row != nullptr) {
    return reason + '\'' + std::string(row->name) + "' takes " + std::string(row->takes) + '.';
  }
  reason += "There is no directive '" + std::string(name.substr(0, 100)) + '\'';
  const std::string_view nearest = NearestOption(name);
  if (!nearest.empty()) reason += "; did you mean '" + std::string(nearest) + "'?";
  return reason + (nearest.empty() ? "." : "");
}

bool IsPattern(const std::string& path) {
  return path.find_first_of("*?[") != path.npos;
}

}  // namespace

Result<CommandLine> ConfigStore::ApplyCommandLine(int argc, const char* const* argv) {
  auto line = ParseCommandLine(argc, argv);
  if (!line || line->help || line->version || line->print_config) return line;
  if (!line->file.empty()) GOTTHARD_RETURN_IF_ERROR(LoadFile(line->file));
  if (line->from_stdin) GOTTHARD_RETURN_IF_ERROR(LoadFile("-"));
  if (!line->options.empty()) {
    GOTTHARD_RETURN_IF_ERROR(LoadText(line->options, "the command line"));
  }
  return line;
}

Status ConfigStore::LoadFile(const std::string& path) {
  const std::string source =
      path == "-" ? "the configuration on standard input" : "the configuration file " + path;
  if (path != "-") {
    // Kept absolute, since a `dir` line moves the process.
    config_file_ = path.empty() || path[0] == '/' ? path : files_->CurrentDir() + '/' + path;
  }
  std::string text;
  if (const int error = files_->Read(path, &text); error != 0) {
    return LineError(source, 0, "", "can't open config file '" + path + "': " + strerror(error));
  }
  return LoadText(text, source);
}

Status ConfigStore::LoadText(std::string_view text, std::string_view source, int first_line) {
  files_read_ = 0;
  GOTTHARD_RETURN_IF_ERROR(LoadTextAt(text, source, first_line, 0));
  return CheckTogether(source);
}

Status ConfigStore::LoadTextAt(std::string_view text, std::string_view source, int first_line,
                               int depth) {
  for (int number = first_line; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    GOTTHARD_RETURN_IF_ERROR(ApplyLine({source, number, Trim(text.substr(0, end))}, depth));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return Status::Ok();
}

Status ConfigStore::ApplyLine(const Line& line, int depth) {
  if (line.text.empty() || line.text[0] == '#') return Status::Ok();
  const auto fail = [&](std::string_view reason) {
    return LineError(line.source, line.number, line.text, reason);
  };
  auto words = SplitArgs(line.text);
  if (!words) {
    return fail(
        "Unbalanced quotes in configuration line\n"
        "A quote opens and closes a whole word; a blank must follow it.");
  }
  if (words->empty()) return Status::Ok();
  const std::string name = std::move(words->front());
  words->erase(words->begin());

  const OptionRow* row = FindOption(name);
  if (row == nullptr) {
    const DirectiveRow* directive = FindDirective(name);
    if (directive == nullptr || words->size() < directive->min_args ||
        words->size() > directive->max_args) {
      return fail(UnknownReason(name));
    }
    return ApplyDirective(line, *directive, *words, depth);
  }
  if (row->Has(kOptMultiArg) && words->size() == 1 && !words->front().empty()) {
    // A list may stand in one word: shutdown-on-sigint "nosave now".
    words = SplitArgs(std::string(words->front()));
    if (!words) return fail("Unbalanced quotes in configuration line");
  }
  const Status status = ApplyOption(*row, *words);
  if (!status.ok()) return fail(std::string(status.text()) + OptionHint(*row));
  if (row->Has(kOptNoEffect)) NoteGiven(row->name);
  return Status::Ok();
}

Status ConfigStore::ApplyOption(const OptionRow& row, std::span<const std::string> args) {
  const std::string dir_before = values_.dir;
  GOTTHARD_RETURN_IF_ERROR(
      SetOption(row, values_, args, {.from_file = true, .save_seen = &save_seen_}));
  if (values_.dir != dir_before) {
    if (const int error = files_->ChangeDir(values_.dir); error != 0) {
      values_.dir = dir_before;
      return Status::Error(strerror(error));
    }
    values_.dir = files_->CurrentDir();
  }
  return Status::Ok();
}

Status ConfigStore::ApplyDirective(const Line& line, const DirectiveRow& row,
                                   std::span<const std::string> words, int depth) {
  const auto fail = [&](std::string_view reason) {
    return LineError(line.source, line.number, line.text, reason);
  };
  const auto judge = [&](const DirectiveCheck& check) {
    return check ? check(words) : Status::Ok();
  };
  if (row.name == "include") return Include(line, words[0], depth);
  if (row.name == "rename-command") {
    if (const Status status = judge(check_rename_command_); !status.ok()) {
      return fail(WithoutCode(status.text()));
    }
    values_.rename_command.push_back({words[0], words[1]});
  } else if (row.name == "user") {
    if (const Status status = judge(check_user_); !status.ok()) {
      return fail(WithoutCode(status.text()));
    }
    values_.user.emplace_back(words.begin(), words.end());
    if (!check_user_) NoteGiven(row.name);  // whoever relies on it must not think it is in force
  } else if (row.name == "loadmodule") {
    return fail("Modules are not supported: take this line out to start without the module.");
  } else if (row.name == "sentinel") {
    return fail("sentinel directive while not in sentinel mode\nThis server is no Sentinel.");
  } else {
    NoteGiven(row.name);
  }
  return Status::Ok();
}

Status ConfigStore::Include(const Line& line, const std::string& pattern, int depth) {
  const auto fail = [&](std::string_view reason) {
    return LineError(line.source, line.number, line.text, reason);
  };
  if (depth + 1 >= kMaxIncludeDepth) {
    return fail("Files include each other more than 16 deep; does one include itself?");
  }
  const std::vector<std::string> paths =
      IsPattern(pattern) ? files_->Glob(pattern) : std::vector<std::string>{pattern};
  for (const std::string& path : paths) {
    if (++files_read_ > kMaxIncludedFiles) return fail("More than 1000 files are included");
    std::string text;
    if (const int error = files_->Read(path, &text); error != 0) {
      return fail("can't open config file '" + path + "': " + strerror(error));
    }
    GOTTHARD_RETURN_IF_ERROR(LoadTextAt(text, "the configuration file " + path, 1, depth + 1));
  }
  return Status::Ok();
}

Status ConfigStore::CheckTogether(std::string_view source) {
  if (values_.cluster_enabled && !values_.replicaof.host.empty()) {
    return LineError(source, 0, "", "replicaof directive not allowed in cluster mode");
  }
  if (values_.cluster_enabled) values_.databases = 1;
  ClampTogether(&values_);
  return Status::Ok();
}

void ConfigStore::NoteGiven(std::string_view name) {
  const auto known = std::find(given_without_effect_.begin(), given_without_effect_.end(), name);
  if (known == given_without_effect_.end()) given_without_effect_.emplace_back(name);
}

}  // namespace gotthard
