#include "config/custom_options.h"

#include <cstdio>

#include "base/numbers.h"
#include "base/split_args.h"

namespace gotthard {

namespace {

using Args = std::span<const std::string>;
using Lines = std::vector<std::string>;

constexpr ErrorText kWrongNumber{"wrong number of arguments"};

// A list option written as "" has no elements.
bool IsEmptyList(Args args) {
  return args.empty() || (args.size() == 1 && args[0].empty());
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

// --- bind

Status SetBind(Config& config, Args args, const SetOptionContext&) {
  if (args.size() > kMaxBindAddresses) {
    return Status::Error("Too many bind addresses specified.");
  }
  if (IsEmptyList(args)) args = {};
  config.bind.assign(args.begin(), args.end());
  return Status::Ok();
}
std::string GetBind(const Config& config) {
  return Join(config.bind);
}
Lines BindLines(const Config& config) {
  return {"bind " + (config.bind.empty() ? "\"\"" : Join(config.bind))};
}

// --- dir: the store changes the directory and writes the absolute path back

Status SetDir(Config& config, Args args, const SetOptionContext&) {
  if (args.size() != 1) return kWrongNumber;
  config.dir = args[0];
  return Status::Ok();
}
std::string GetDir(const Config& config) {
  return config.dir;
}

// --- save

Status SetSave(Config& config, Args args, const SetOptionContext& context) {
  static constexpr ErrorText kInvalid{"Invalid save parameters"};
  std::vector<Config::SavePoint> points;
  const bool none = IsEmptyList(args);
  if (!none) {
    if (args.size() % 2 != 0) return kInvalid;
    for (size_t i = 0; i < args.size(); i += 2) {
      const auto seconds = ParseInt64(args[i]);
      const auto changes = ParseInt64(args[i + 1]);
      if (!seconds || !changes || *seconds < 1 || *changes < 0) return kInvalid;
      points.push_back({*seconds, *changes});
    }
  }
  // In files, the first line replaces the default, later ones add to it, and `save ""` starts over.
  bool replace = true;
  if (context.from_file && !args.empty() && !none) replace = !*context.save_seen;
  if (context.from_file) *context.save_seen = true;
  if (replace) config.save.clear();
  config.save.insert(config.save.end(), points.begin(), points.end());
  return Status::Ok();
}
std::string GetSave(const Config& config) {
  std::string text;
  for (const Config::SavePoint& point : config.save) {
    if (!text.empty()) text += ' ';
    text += FormatInt64(point.seconds) + ' ' + FormatInt64(point.changes);
  }
  return text;
}
Lines SaveLines(const Config& config) {
  if (config.save.empty()) return {"save \"\""};
  Lines lines;
  for (const Config::SavePoint& point : config.save) {
    lines.push_back("save " + FormatInt64(point.seconds) + ' ' + FormatInt64(point.changes));
  }
  return lines;
}

// --- client-output-buffer-limit

// The class of a name; -1 if there is none.
int ClientClassOf(const std::string& name) {
  if (EqualNoCase(name, "normal")) return Config::kClientNormal;
  if (EqualNoCase(name, "replica") || EqualNoCase(name, "slave")) return Config::kClientReplica;
  if (EqualNoCase(name, "pubsub")) return Config::kClientPubsub;
  return -1;
}

Status SetOutputLimit(Config& config, Args args, const SetOptionContext&) {
  if (args.size() % 4 != 0) {
    return Status::Error("Wrong number of arguments in buffer limit configuration.");
  }
  auto limits = config.client_output_buffer_limit;
  for (size_t i = 0; i < args.size(); i += 4) {
    const int client_class = ClientClassOf(args[i]);
    if (client_class < 0) {
      return Status::Error("Invalid client class specified in buffer limit configuration.");
    }
    const auto hard = ParseMemory(args[i + 1]);
    const auto soft = ParseMemory(args[i + 2]);
    const auto seconds = ParseInt64(args[i + 3]);
    if (!hard || !soft || !seconds || *hard > INT64_MAX || *soft > INT64_MAX || *seconds < 0 ||
        *seconds > INT32_MAX) {
      return Status::Error(
          "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits[client_class] = {static_cast<int64_t>(*hard), static_cast<int64_t>(*soft), *seconds};
  }
  config.client_output_buffer_limit = limits;
  return Status::Ok();
}
std::string GetOutputLimit(const Config& config) {
  constexpr const char* kNames[] = {"normal ", " slave ", " pubsub "};
  std::string text;
  for (size_t i = 0; i < config.client_output_buffer_limit.size(); ++i) {
    const Config::OutputLimit& limit = config.client_output_buffer_limit[i];
    text += kNames[i] + FormatInt64(limit.hard_bytes) + ' ' + FormatInt64(limit.soft_bytes) + ' ' +
            FormatInt64(limit.soft_seconds);
  }
  return text;
}
Lines OutputLimitLines(const Config& config) {
  constexpr const char* kNames[] = {"normal ", "replica ", "pubsub "};
  Lines lines;
  for (size_t i = 0; i < config.client_output_buffer_limit.size(); ++i) {
    const Config::OutputLimit& limit = config.client_output_buffer_limit[i];
    lines.push_back(std::string("client-output-buffer-limit ") + kNames[i] +
                    FormatMemory(limit.hard_bytes) + ' ' + FormatMemory(limit.soft_bytes) + ' ' +
                    FormatInt64(limit.soft_seconds));
  }
  return lines;
}

// --- oom-score-adj-values

Status SetOomScoreAdjValues(Config& config, Args args, const SetOptionContext&) {
  std::array<int, 3> values;
  if (args.size() != values.size()) return kWrongNumber;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto value = ParseInt64(args[i]);
    if (!value || *value < -2000 || *value > 2000) {
      return Status::Error(
          "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
    values[i] = static_cast<int>(*value);
  }
  config.oom_score_adj_values = values;
  return Status::Ok();
}
std::string GetOomScoreAdjValues(const Config& config) {
  const auto& values = config.oom_score_adj_values;
  return FormatInt64(values[0]) + ' ' + FormatInt64(values[1]) + ' ' + FormatInt64(values[2]);
}
Lines OomScoreAdjValuesLines(const Config& config) {
  return {"oom-score-adj-values " + GetOomScoreAdjValues(config)};
}

// --- notify-keyspace-events

struct NotifyLetter {
  char letter;
  int flag;
};
// In the order in which Redis reports them.
constexpr NotifyLetter kNotifyLetters[] = {
    {'g', Config::kNotifyGeneric},  {'$', Config::kNotifyString},  {'l', Config::kNotifyList},
    {'s', Config::kNotifySet},      {'h', Config::kNotifyHash},    {'z', Config::kNotifyZset},
    {'x', Config::kNotifyExpired},  {'e', Config::kNotifyEvicted}, {'t', Config::kNotifyStream},
    {'d', Config::kNotifyModule},   {'n', Config::kNotifyNew},     {'K', Config::kNotifyKeyspace},
    {'E', Config::kNotifyKeyevent}, {'m', Config::kNotifyKeyMiss},
};

Status SetNotify(Config& config, Args args, const SetOptionContext&) {
  if (args.size() != 1) return kWrongNumber;
  const int flags = NotifyFlagsFromString(args[0]);
  if (flags < 0) {
    return Status::Error("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  }
  config.notify_keyspace_events = flags;
  return Status::Ok();
}
std::string GetNotify(const Config& config) {
  return NotifyFlagsToString(config.notify_keyspace_events);
}
Lines NotifyLines(const Config& config) {
  return {"notify-keyspace-events \"" + GetNotify(config) + '"'};
}

// --- replicaof

Status SetReplicaOf(Config& config, Args args, const SetOptionContext&) {
  if (args.size() != 2) return kWrongNumber;
  if (EqualNoCase(args[0], "no") && EqualNoCase(args[1], "one")) {
    config.replicaof = {};
    return Status::Ok();
  }
  const auto port = ParseInt64(args[1]);
  if (!port || *port < 0 || *port > 65535) return Status::Error("Invalid master port");
  config.replicaof = {args[0], *port};
  return Status::Ok();
}
std::string GetReplicaOf(const Config& config) {
  if (config.replicaof.host.empty()) return {};
  return config.replicaof.host + ' ' + FormatInt64(config.replicaof.port);
}
Lines ReplicaOfLines(const Config& config) {
  // A cluster keeps its replicas in its own file, and refuses the directive.
  if (config.replicaof.host.empty() || config.cluster_enabled) return {};
  return {"replicaof " + GetReplicaOf(config)};
}

// --- latency-tracking-info-percentiles

Status SetPercentiles(Config& config, Args args, const SetOptionContext&) {
  std::vector<double> percentiles;
  if (IsEmptyList(args)) args = {};
  for (const std::string& arg : args) {
    const auto value = ParseDouble(arg);
    if (!value) return Status::Error("Invalid latency-tracking-info-percentiles parameters");
    if (*value < 0 || *value > 100) {
      return Status::Error(
          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    }
    percentiles.push_back(*value);
  }
  config.latency_tracking_info_percentiles = std::move(percentiles);
  return Status::Ok();
}
std::string GetPercentiles(const Config& config) {
  std::string text;
  for (const double percentile : config.latency_tracking_info_percentiles) {
    char digits[32];
    snprintf(digits, sizeof(digits), "%f", percentile);
    std::string number = digits;
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
    if (!text.empty()) text += ' ';
    text += number;
  }
  return text;
}
Lines PercentilesLines(const Config& config) {
  const std::string value = GetPercentiles(config);
  return {"latency-tracking-info-percentiles " + (value.empty() ? "\"\"" : value)};
}

Lines DirLines(const Config& config) {
  if (config.dir.empty()) return {};
  return {"dir " + QuoteArg(config.dir)};
}

}  // namespace

constexpr CustomOption kBindOption{SetBind, GetBind, BindLines,
                                   "up to 16 addresses of this machine, * for all of them",
                                   CustomOption::kDropDefault};
constexpr CustomOption kDirOption{SetDir, GetDir, DirLines, "the path of a directory",
                                  CustomOption::kAlways};
constexpr CustomOption kSaveOption{SetSave, GetSave, SaveLines,
                                   "pairs of seconds and changes, or \"\" for none",
                                   CustomOption::kAlways};
constexpr CustomOption kOutputLimitOption{
    SetOutputLimit, GetOutputLimit, OutputLimitLines,
    "normal, replica or pubsub, then a hard limit and a soft limit in bytes, then seconds"};
constexpr CustomOption kOomScoreAdjValuesOption{SetOomScoreAdjValues, GetOomScoreAdjValues,
                                                OomScoreAdjValuesLines,
                                                "three whole numbers from -2000 to 2000"};
constexpr CustomOption kNotifyOption{SetNotify, GetNotify, NotifyLines,
                                     "letters out of KEg$lshzxetdmnA, or \"\" for none"};
constexpr CustomOption kReplicaOfOption{SetReplicaOf, GetReplicaOf, ReplicaOfLines,
                                        "a host and a port, or: no one"};
constexpr CustomOption kPercentilesOption{SetPercentiles, GetPercentiles, PercentilesLines,
                                          "numbers from 0 to 100, or \"\" for none",
                                          CustomOption::kAlways};

std::string NotifyFlagsToString(int flags) {
  std::string text;
  const bool all = (flags & Config::kNotifyAll) == Config::kNotifyAll;
  if (all) text += 'A';
  // Redis leaves the n out where it writes A, so that a value read back loses it; we keep it.
  const int rest = all ? flags & ~Config::kNotifyAll : flags;
  for (const NotifyLetter& known : kNotifyLetters) {
    if (rest & known.flag) text += known.letter;
  }
  return text;
}

int NotifyFlagsFromString(std::string_view text) {
  int flags = 0;
  for (const char c : text) {
    int flag = c == 'A' ? Config::kNotifyAll : 0;
    for (const NotifyLetter& known : kNotifyLetters) {
      if (known.letter == c) flag = known.flag;
    }
    if (flag == 0) return -1;
    flags |= flag;
  }
  return flags;
}

}  // namespace gotthard
