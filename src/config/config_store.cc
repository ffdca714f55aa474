// The half of ConfigStore that serves CONFIG GET, SET and REWRITE.
#include "config/config_store.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "base/glob.h"
#include "config/rewrite.h"

namespace gotthard {

namespace {

constexpr ErrorText kLoading{"LOADING Redis is loading the dataset in memory"};

// CONFIG SET takes the words of a list in one argument, with one blank between them; nothing is
// quoted there.
std::vector<std::string> Words(const OptionRow& row, std::string_view value) {
  if (!row.Has(kOptMultiArg)) return {std::string(value)};
  std::vector<std::string> words;
  if (value.empty()) return words;
  while (true) {
    const size_t end = std::min(value.find(' '), value.size());
    words.emplace_back(value.substr(0, end));
    if (end == value.size()) return words;
    value.remove_prefix(end + 1);
  }
}

Status SetFailed(std::string_view name, std::string_view reason) {
  if (reason.substr(0, 4) == "ERR ") reason.remove_prefix(4);
  std::string text = "ERR CONFIG SET failed (possibly related to argument '";
  text += name;
  text += "')";
  if (!reason.empty()) (text += " - ") += reason;
  return Status::Error(std::move(text));
}

bool IsAllowed(int protected_action, const SetRequest& request) {
  return protected_action == Config::kProtectedYes ||
         (protected_action == Config::kProtectedLocal && request.client_is_local);
}

}  // namespace

ConfigStore::ConfigStore(std::unique_ptr<ConfigFiles> files) : files_(std::move(files)) {
  values_.dir = files_->CurrentDir();
}

void ConfigStore::OnChange(std::initializer_list<std::string_view> names, Hook hook) {
  Hooked hooked;
  for (const std::string_view name : names) {
    hooked.rows.push_back(FindOption(name));
    assert(hooked.rows.back() != nullptr && "a hook on an option that does not exist");
  }
  hooked.hook = std::move(hook);
  hooks_.push_back(std::move(hooked));
}

void ConfigStore::OnDirective(std::string_view directive, DirectiveCheck check) {
  assert(directive == "user" || directive == "rename-command");
  (directive == "user" ? check_user_ : check_rename_command_) = std::move(check);
}

bool ConfigStore::IsSensitive(std::string_view name) {
  const OptionRow* row = FindOption(name);
  return row != nullptr && row->Has(kOptSensitive);
}

void ConfigStore::ClampTogether(Config* config) {
  // Out of range is no error in Redis either: it is meant as "seldom" or "often".
  config->hz = std::clamp<int64_t>(config->hz, kMinHz, kMaxHz);
}

// The first wrong name decides, but for the data set being loaded, which goes before all.
Result<std::vector<ConfigStore::Change>> ConfigStore::CheckRequest(
    std::span<const NameValueView> pairs, const SetRequest& request) const {
  std::vector<Change> changes;
  for (const auto& [name, value] : pairs) {
    bool is_alias = false;
    const OptionRow* row = FindOption(name, &is_alias);
    if (row == nullptr) {
      return Status::Error("ERR Unknown option or number of arguments for CONFIG SET - '" +
                           std::string(name) + '\'');
    }
    const bool fixed = row->Has(kOptImmutable) ||
                       (row->Has(kOptAtStart) && !EqualNoCase(value, GetOption(*row, values_)));
    if (fixed) return SetFailed(name, "can't set immutable config");
    if (row->Has(kOptProtected) && !IsAllowed(values_.enable_protected_configs, request)) {
      return SetFailed(name, "can't set protected config");
    }
    if (request.loading && row->Has(kOptDenyLoading)) return kLoading;
    const std::string_view known_name = is_alias ? row->alias : row->name;
    for (const Change& other : changes) {
      if (other.name == known_name) return SetFailed(name, "duplicate parameter");
    }
    changes.push_back({row, known_name, value});
  }
  return changes;
}

Status ConfigStore::Set(std::span<const NameValueView> pairs, const SetRequest& request) {
  auto changes = CheckRequest(pairs, request);
  if (!changes) return changes.error();
  Config next = values_;
  for (const Change& change : *changes) {
    const auto words = Words(*change.row, change.value);
    if (const Status status = SetOption(*change.row, next, words, {}); !status.ok()) {
      return SetFailed(change.name, status.text());
    }
  }
  ClampTogether(&next);
  return Apply(*changes, std::move(next));
}

// Makes `next` the values, or leaves everything as it was.
Status ConfigStore::Apply(const std::vector<Change>& changes, Config next) {
  const Config before = values_;
  if (next.dir != before.dir) {
    if (const int error = files_->ChangeDir(next.dir); error != 0) {
      return SetFailed("dir", strerror(error));
    }
    next.dir = files_->CurrentDir();
  }
  values_ = std::move(next);
  std::vector<const Hook*> ran;
  const Change* failed = nullptr;
  const Status status = RunHooks(changes, before, &ran, &failed);
  if (status.ok()) return Status::Ok();

  if (values_.dir != before.dir) (void)files_->ChangeDir(before.dir);
  values_ = before;
  // What took the new values up goes back to the old ones, which it has had before.
  for (const Hook* hook : ran) (void)(*hook)(values_);
  return SetFailed(failed->name, status.text());
}

// Runs each hook that one of the changes concerns, in their order; `ran` includes one that failed.
Status ConfigStore::RunHooks(const std::vector<Change>& changes, const Config& before,
                             std::vector<const Hook*>* ran, const Change** failed) {
  for (const Change& change : changes) {
    const bool changed = change.row->Has(kOptVolatile) ||
                         GetOption(*change.row, values_) != GetOption(*change.row, before);
    if (!changed) continue;
    for (const Hooked& hooked : hooks_) {
      const auto& rows = hooked.rows;
      if (std::find(rows.begin(), rows.end(), change.row) == rows.end()) continue;
      if (std::find(ran->begin(), ran->end(), &hooked.hook) != ran->end()) continue;
      ran->push_back(&hooked.hook);
      *failed = &change;
      GOTTHARD_RETURN_IF_ERROR(hooked.hook(values_));
    }
  }
  return Status::Ok();
}

std::vector<ConfigStore::NameValue> ConfigStore::Get(
    std::span<const std::string_view> patterns) const {
  std::vector<NameValue> found;
  const auto add = [&](std::string_view name, const OptionRow& row) {
    for (const NameValue& other : found) {
      if (EqualNoCase(other.first, name)) return;
    }
    found.emplace_back(name, GetOption(row, values_));
  };
  for (const std::string_view pattern : patterns) {
    if (pattern.find_first_of("[*?") == pattern.npos) {
      if (const OptionRow* row = FindOption(pattern)) add(pattern, *row);
      continue;
    }
    for (const OptionSection& section : OptionSections()) {
      for (const OptionRow& row : section.rows) {
        if (row.Has(kOptHidden)) continue;
        if (GlobMatch(pattern, row.name, /*nocase=*/true)) add(row.name, row);
        if (row.alias.empty()) continue;
        if (GlobMatch(pattern, row.alias, /*nocase=*/true)) add(row.alias, row);
      }
    }
  }
  return found;
}

Status ConfigStore::Rewrite(bool force_all) {
  if (config_file_.empty()) {
    return Status::Error("ERR The server is running without a config file");
  }
  std::string old_text;
  const int unread = files_->Read(config_file_, &old_text);
  if (unread != 0 && unread != ENOENT) {
    return Status::Error(std::string("ERR Rewriting config file: ") + strerror(unread));
  }
  RewriteRequest request{.force_all = force_all, .user_lines = std::nullopt};
  if (!values_.aclfile.empty()) {
    request.user_lines.emplace();
  } else if (user_lines_) {
    request.user_lines = user_lines_();
  }
  const std::string text = RewriteConfigText(old_text, values_, request);
  if (const int error = files_->Replace(config_file_, text); error != 0) {
    return Status::Error(std::string("ERR Rewriting config file: ") + strerror(error));
  }
  return Status::Ok();
}

std::string ConfigStore::DebugInfo() const {
  std::string text;
  for (const OptionSection& section : OptionSections()) {
    for (const OptionRow& row : section.rows) {
      if (!row.Has(kOptDebug)) continue;
      for (const std::string& line : OptionLines(row, values_)) (text += line) += '\n';
    }
  }
  return text;
}

}  // namespace gotthard
