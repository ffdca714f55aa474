#include "config/option_table.h"

#include <algorithm>
#include <cassert>

#include "config/option_rows.h"

namespace gotthard {

namespace {

constexpr size_t kAnyNumber = SIZE_MAX;

constexpr DirectiveRow kFileDirectives[] = {
    {"include", 1, 1, "a file, or a pattern such as conf.d/*.conf",
     "Read another file here. With *, ? or [ in its name, all files that match, of which there may "
     "be none. Later lines win over earlier ones, so this belongs at the top where the other file "
     "holds defaults, and at the end where it is to have the last word.",
     "include /etc/gotthard/conf.d/*.conf", true},
    {"loadmodule", 1, kAnyNumber, "nothing: modules are not supported", "", "", true},
    {"sentinel", 0, kAnyNumber, "nothing: this server is no Sentinel", "", "", true},
    // Options of old versions of Redis, which ignores them as well.
    {"list-max-ziplist-entries", 1, 1, "one word, which is ignored", "", ""},
    {"list-max-ziplist-value", 1, 1, "one word, which is ignored", "", ""},
    {"lua-replicate-commands", 1, 1, "one word, which is ignored", "", ""},
};

constexpr DirectiveRow kSecurityDirectives[] = {
    {"rename-command", 2, 2, "the name of a command and its new name, or \"\" to remove it",
     "Give a command another name, or take it away. Clients and tools that rely on the command "
     "will "
     "no longer work.",
     "rename-command CONFIG \"\"", true},
    {"user", 1, kAnyNumber, "a name, then rules as ACL SETUSER takes them", "", "", true},
};

// The least number of letters to change, insert or delete to get from one word to the other.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const OptionSection> OptionSections() {
  static const OptionSection kSections[] = {
      {"Further files", {}, kFileDirectives},
      {"Network", NetworkRows()},
      {"Process", ProcessRows()},
      {"Log and statistics", LogRows()},
      {"Security", SecurityRows(), kSecurityDirectives},
      {"Keys and memory", KeyRows()},
      {"Encodings", EncodingRows()},
      {"Scripts", ScriptRows()},
      {"Snapshots", SnapshotRows()},
      {"Append-only log", AppendLogRows()},
      {"Replication", ReplicationRows()},
      {"Cluster", ClusterRows()},
      {"TLS", TlsRows()},
  };
  return kSections;
}

const OptionRow* FindOption(std::string_view name, bool* is_alias) {
  for (const OptionSection& section : OptionSections()) {
    for (const OptionRow& row : section.rows) {
      const bool by_alias = !row.alias.empty() && EqualNoCase(row.alias, name);
      if (!by_alias && !EqualNoCase(row.name, name)) continue;
      if (is_alias != nullptr) *is_alias = by_alias;
      return &row;
    }
  }
  return nullptr;
}

const DirectiveRow* FindDirective(std::string_view name) {
  for (const OptionSection& section : OptionSections()) {
    for (const DirectiveRow& row : section.directives) {
      if (EqualNoCase(row.name, name)) return &row;
    }
  }
  return nullptr;
}

std::string_view NearestOption(std::string_view name) {
  constexpr size_t kLongestName = 64;  // no option's is longer; keeps the search cheap
  if (name.size() > kLongestName) return {};
  std::string_view nearest;
  size_t least = std::min<size_t>(3, name.size() / 2) + 1;  // farther is no slip any more
  const auto consider = [&](std::string_view candidate) {
    const auto [shorter, longer] = std::minmax({name.size(), candidate.size()});
    if (longer - shorter >= least) return;
    const size_t distance = EditDistance(name, candidate);
    if (candidate.empty() || distance >= least) return;
    least = distance;
    nearest = candidate;
  };
  for (const OptionSection& section : OptionSections()) {
    for (const OptionRow& row : section.rows) {
      consider(row.name);
      consider(row.alias);
    }
    for (const DirectiveRow& row : section.directives) consider(row.name);
  }
  return nearest;
}

Config::Config() {
  for (const OptionSection& section : OptionSections()) {
    for (const OptionRow& row : section.rows) {
      std::vector<std::string> words;
      if (row.Has(kOptMultiArg)) {
        size_t at = 0;
        while (at < row.initial.size()) {
          const size_t end = std::min(row.initial.find(' ', at), row.initial.size());
          words.emplace_back(row.initial.substr(at, end - at));
          at = end + 1;
        }
        if (words.empty()) continue;  // an empty list, as the member already is
      } else {
        words.emplace_back(row.initial);
      }
      // What a check refuses a user may still be a default: unset names are empty.
      OptionRow unchecked = row;
      unchecked.check = nullptr;
      const Status status = SetOption(unchecked, *this, words, {});
      assert(status.ok() && "a row whose default its own type refuses");
      (void)status;
    }
  }
}

}  // namespace gotthard
