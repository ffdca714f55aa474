#include "commands/command_reply.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "exec/args.h"
#include "exec/command_docs.h"
#include "exec/key_extraction.h"

namespace gotthard {
namespace {

struct FlagName {
  uint64_t flag;
  std::string_view name;
};
// In the order in which COMMAND INFO has them. What is missing here is not shown.
constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kModule, "module"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoscript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};
constexpr FlagName kKeyFlagNames[] = {
    {kKeyReadOnly, "RO"},
    {kKeyReadWrite, "RW"},
    {kKeyOverwrite, "OW"},
    {kKeyRemove, "RM"},
    {kKeyAccess, "access"},
    {kKeyUpdate, "update"},
    {kKeyInsert, "insert"},
    {kKeyDelete, "delete"},
    {kKeyNotKey, "not_key"},
    {kKeyIncomplete, "incomplete"},
    {kKeyVariable, "variable_flags"},
};
// By bit, as AclCategory numbers them.
constexpr std::string_view kAclNames[] = {
    "@keyspace",   "@read",        "@write",     "@set",         "@sortedset", "@list",
    "@hash",       "@string",      "@bitmap",    "@hyperloglog", "@geo",       "@stream",
    "@pubsub",     "@admin",       "@fast",      "@slow",        "@blocking",  "@dangerous",
    "@connection", "@transaction", "@scripting", "@tdigest",     "@cms",       "@bloom",
    "@cuckoo",     "@topk",
};
constexpr std::string_view kGroupNames[] = {
    "generic", "string",       "list",       "set",     "sorted-set", "hash",
    "pubsub",  "transactions", "connection", "server",  "scripting",  "hyperloglog",
    "cluster", "sentinel",     "geo",        "stream",  "bitmap",     "bf",
    "cf",      "cms",          "topk",       "tdigest",
};

template <size_t N>
void ReplyFlags(ReplyWriter& reply, uint64_t flags, const FlagName (&names)[N]) {
  auto has = [flags](const FlagName& entry) { return (flags & entry.flag) != 0; };
  reply.SetHeader(static_cast<uint64_t>(std::count_if(names, names + N, has)));
  for (const FlagName& entry : names) {
    if (has(entry)) reply.Simple(entry.name);
  }
}

void ReplyAclCategories(ReplyWriter& reply, uint64_t categories) {
  reply.SetHeader(static_cast<uint64_t>(std::popcount(categories)));
  for (size_t i = 0; i < std::size(kAclNames); ++i) {
    if ((categories & (1ull << i)) != 0) reply.Simple(kAclNames[i]);
  }
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void ReplyTips(ReplyWriter& reply, std::string_view tips) {
  std::vector<std::string_view> lines = Lines(tips);
  reply.SetHeader(lines.size());
  for (std::string_view line : lines) reply.Bulk(line);
}

// {"type": type, "spec": {`fields` name-number pairs, `text` before them}}
void ReplySearch(ReplyWriter& reply, std::string_view type, std::string_view keyword,
                 std::initializer_list<std::pair<std::string_view, int64_t>> fields) {
  reply.MapHeader(2);
  reply.Bulk("type");
  reply.Bulk(type);
  reply.Bulk("spec");
  reply.MapHeader(fields.size() + (keyword.empty() ? 0 : 1));
  if (!keyword.empty()) {
    reply.Bulk("keyword");
    reply.Bulk(keyword);
  }
  for (const auto& [name, value] : fields) {
    reply.Bulk(name);
    reply.Integer(value);
  }
}

void ReplyKeySpec(ReplyWriter& reply, const KeySpec& spec) {
  reply.MapHeader(3);
  reply.Bulk("flags");
  ReplyKeyFlags(reply, spec.flags);
  reply.Bulk("begin_search");
  switch (spec.begin) {
    case KeySpec::Begin::kIndex:
      ReplySearch(reply, "index", "", {{"index", spec.index}});
      break;
    case KeySpec::Begin::kKeyword:
      ReplySearch(reply, "keyword", spec.keyword, {{"startfrom", spec.index}});
      break;
    default:
      ReplySearch(reply, "unknown", "", {});
  }
  reply.Bulk("find_keys");
  switch (spec.find) {
    case KeySpec::Find::kRange:
      ReplySearch(reply, "range", "",
                  {{"lastkey", spec.last}, {"keystep", spec.step}, {"limit", spec.limit}});
      break;
    case KeySpec::Find::kKeynum:
      ReplySearch(
          reply, "keynum", "",
          {{"keynumidx", spec.keynum_index}, {"firstkey", spec.first_key}, {"keystep", spec.step}});
      break;
    default:
      ReplySearch(reply, "unknown", "", {});
  }
}

size_t KeySpecCount(const CommandSpec& spec) {
  return static_cast<size_t>(
      std::count_if(spec.keys.begin(), spec.keys.end(),
                    [](const KeySpec& keys) { return keys.begin != KeySpec::Begin::kNone; }));
}

void ReplyHistory(ReplyWriter& reply, std::string_view history) {
  std::vector<std::string_view> lines = Lines(history);
  reply.SetHeader(lines.size());
  for (std::string_view line : lines) {  // "7.0.0: Added ..."
    size_t colon = std::min(line.find(": "), line.size());
    reply.ArrayHeader(2);
    reply.Bulk(line.substr(0, colon));
    reply.Bulk(line.substr(std::min(colon + 2, line.size())));
  }
}

void ReplyArguments(ReplyWriter& reply, const std::vector<DocArgument>& arguments) {
  reply.ArrayHeader(arguments.size());
  for (const DocArgument& argument : arguments) {
    const bool is_group = argument.type == DocType::kOneOf || argument.type == DocType::kBlock;
    const bool has_flags = argument.optional || argument.multiple || argument.multiple_token;
    reply.MapHeader(3 + (argument.key_spec_index >= 0 ? 1 : 0) + (argument.token.empty() ? 0 : 1) +
                    (argument.since.empty() ? 0 : 1) + (has_flags ? 1 : 0));
    auto field = [&reply](std::string_view name, std::string_view value) {
      reply.Bulk(name);
      reply.Bulk(value);
    };
    field("name", argument.name);
    field("type", DocTypeName(argument.type));
    if (!is_group) {
      field("display_text", argument.display.empty() ? argument.name : argument.display);
    }
    if (argument.key_spec_index >= 0) {
      reply.Bulk("key_spec_index");
      reply.Integer(argument.key_spec_index);
    }
    if (!argument.token.empty()) field("token", argument.token);
    if (!argument.since.empty()) field("since", argument.since);
    if (has_flags) {
      reply.Bulk("flags");
      reply.SetHeader((argument.optional ? 1 : 0) + (argument.multiple ? 1 : 0) +
                      (argument.multiple_token ? 1 : 0));
      if (argument.optional) reply.Simple("optional");
      if (argument.multiple) reply.Simple("multiple");
      if (argument.multiple_token) reply.Simple("multiple_token");
    }
    if (is_group) {
      reply.Bulk("arguments");
      ReplyArguments(reply, argument.arguments);
    }
  }
}

}  // namespace

void ReplyKeyFlags(ReplyWriter& reply, uint16_t flags) {
  ReplyFlags(reply, flags, kKeyFlagNames);
}

uint64_t AclCategoryByName(std::string_view name) {
  for (size_t i = 0; i < std::size(kAclNames); ++i) {
    if (IsOption(name, kAclNames[i].substr(1))) return 1ull << i;
  }
  return 0;
}

void ReplyCommandInfo(ReplyWriter& reply, const CommandTable& table, const CommandRow& row) {
  const CommandSpec& spec = *row.spec;
  const LegacyKeyRange keys = LegacyKeys(spec);
  reply.ArrayHeader(10);
  reply.Bulk(row.full_name);
  reply.Integer(spec.arity);
  ReplyFlags(reply, spec.flags | (keys.movable ? uint64_t{kMovableKeys} : 0), kFlagNames);
  reply.Integer(keys.first);
  reply.Integer(keys.last);
  reply.Integer(keys.step);
  ReplyAclCategories(reply, spec.acl);
  ReplyTips(reply, spec.tips);
  reply.SetHeader(KeySpecCount(spec));
  for (const KeySpec& key_spec : spec.keys) {
    if (key_spec.begin != KeySpec::Begin::kNone) ReplyKeySpec(reply, key_spec);
  }
  if (row.subcommands.empty()) {
    reply.SetHeader(0);
    return;
  }
  reply.ArrayHeader(row.subcommands.size());
  for (uint16_t number : row.subcommands) ReplyCommandInfo(reply, table, table.row(number));
}

void ReplyCommandDocs(ReplyWriter& reply, const CommandTable& table, const CommandRow& row) {
  const CommandSpec& spec = *row.spec;
  const bool has_doc_flags = !spec.deprecated_since.empty() || (spec.flags & kSysCommand) != 0;
  size_t mark = reply.Defer();
  size_t fields = 0;
  auto name = [&](std::string_view text) {
    ++fields;
    reply.Bulk(text);
  };
  auto text = [&](std::string_view field, std::string_view value) {
    if (value.empty()) return;
    name(field);
    reply.Bulk(value);
  };
  text("summary", spec.summary);
  text("since", spec.since);
  text("group", kGroupNames[static_cast<size_t>(spec.group)]);
  text("complexity", spec.complexity);
  if (has_doc_flags) {
    name("doc_flags");
    reply.SetHeader((spec.deprecated_since.empty() ? 0 : 1) +
                    ((spec.flags & kSysCommand) != 0 ? 1 : 0));
    if (!spec.deprecated_since.empty()) reply.Simple("deprecated");
    if ((spec.flags & kSysCommand) != 0) reply.Simple("syscmd");
  }
  text("deprecated_since", spec.deprecated_since);
  text("replaced_by", spec.replaced_by);
  if (!spec.history.empty()) {
    name("history");
    ReplyHistory(reply, spec.history);
  }
  // A test parses every row, so an error can only be a row that has not been tested yet.
  auto arguments = ParseSyntax(spec.syntax, static_cast<int>(KeySpecCount(spec)));
  if (arguments.ok() && !arguments->empty()) {
    name("arguments");
    ReplyArguments(reply, *arguments);
  }
  if (!row.subcommands.empty()) {
    name("subcommands");
    reply.MapHeader(row.subcommands.size());
    for (uint16_t number : row.subcommands) {
      reply.Bulk(table.row(number).full_name);
      ReplyCommandDocs(reply, table, table.row(number));
    }
  }
  reply.SetMapLength(mark, fields);
}

}  // namespace gotthard
