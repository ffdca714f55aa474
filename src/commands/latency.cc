// LATENCY: events that took long, and how long commands take.
#include <cstdio>
#include <string>
#include <vector>

#include "commands/families.h"
#include "commands/help.h"
#include "commands/latency_report.h"
#include "commands/sparkline.h"
#include "exec/command_table.h"
#include "exec/context.h"

namespace gotthard {
namespace {

Status LatencyHistory(Context& ctx, const Args& args) {
  const auto& events = ctx.server().latency.events();
  auto found = events.find(args[2]);
  if (found == events.end()) return ctx.reply().EmptyArray();
  std::vector<LatencyMonitor::Sample> samples = OldestFirst(found->second);
  ctx.reply().ArrayHeader(samples.size());
  for (const LatencyMonitor::Sample& sample : samples) {
    ctx.reply().ArrayHeader(2);
    ctx.reply().Integer(sample.time_s);
    ctx.reply().Integer(sample.latency_ms);
  }
  return Status::Ok();
}

Status LatencyLatest(Context& ctx, const Args& /*args*/) {
  const auto& events = ctx.server().latency.events();
  ctx.reply().ArrayHeader(events.size());
  for (const auto& [name, event] : events) {
    const LatencyMonitor::Sample& last =
        event.samples[(event.next + LatencyMonitor::kSamples - 1) % LatencyMonitor::kSamples];
    ctx.reply().ArrayHeader(4);
    ctx.reply().Bulk(name);
    ctx.reply().Integer(last.time_s);
    ctx.reply().Integer(last.latency_ms);
    ctx.reply().Integer(event.max_ms);
  }
  return Status::Ok();
}

Status LatencyReset(Context& ctx, const Args& args) {
  size_t count = args.size() == 2 ? ctx.server().latency.Reset("") : 0;
  for (size_t i = 2; i < args.size(); ++i) {
    // An empty name is no event; Reset would take it for all of them.
    if (!args[i].empty()) count += ctx.server().latency.Reset(args[i]);
  }
  return ctx.reply().Integer(static_cast<int64_t>(count));
}

// "34s", "2m", "5h", "3d".
std::string Age(int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 24 * 3600) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / (24 * 3600)) + "d";
}

Status LatencyGraph(Context& ctx, const Args& args) {
  const auto& events = ctx.server().latency.events();
  auto found = events.find(args[2]);
  if (found == events.end()) {
    return Status::Error("ERR No samples available for event '" + std::string(args[2]) + "'");
  }
  std::vector<SparkSample> columns;
  uint32_t high = 0;
  uint32_t low = UINT32_MAX;
  for (const LatencyMonitor::Sample& sample : OldestFirst(found->second)) {
    high = std::max(high, sample.latency_ms);
    low = std::min(low, sample.latency_ms);
    columns.push_back(
        {static_cast<double>(sample.latency_ms), Age(ctx.now_ms() / 1000 - sample.time_s)});
  }
  std::string text = found->first + " - high " + std::to_string(high) + " ms, low " +
                     std::to_string(low) + " ms (all time high " +
                     std::to_string(found->second.max_ms) + " ms)\n";
  text += std::string(80, '-') + "\n" + Sparkline(columns);
  return ctx.reply().Verbatim("txt", text);
}

Status LatencyDoctor(Context& ctx, const Args& /*args*/) {
  return ctx.reply().Verbatim("txt", LatencyReport(ctx.server()));
}

// How many calls took at most 1, 2, 4, ... microseconds, as far as the number grows.
void ReplyDistribution(ReplyWriter& reply, const LatencyHistogram& latency) {
  reply.MapHeader(2);
  reply.Bulk("calls");
  reply.Integer(static_cast<int64_t>(latency.total()));
  reply.Bulk("histogram_usec");
  size_t mark = reply.Defer();
  uint64_t pairs = 0;
  uint64_t before = 0;
  // The bucket that ends at 2^i ns; those of a microsecond and less are one.
  for (int i = 10; i <= 40 && before < latency.total(); ++i) {
    uint64_t upto = i == 40 ? latency.total() : latency.CountUpTo((uint64_t{1} << i) - 1);
    if (upto <= before) continue;
    reply.Integer(int64_t{1} << (i - 10));
    reply.Integer(static_cast<int64_t>(upto));
    before = upto;
    ++pairs;
  }
  reply.SetMapLength(mark, pairs);
}

Status LatencyHistogramCommand(Context& ctx, const Args& args) {
  const CommandTable& table = ctx.server().commands;
  size_t mark = ctx.reply().Defer();
  uint64_t count = 0;
  auto add = [&](const CommandRow& row) {
    const LatencyHistogram* latency = ctx.server().stats.commands[row.number].latency.get();
    if (latency == nullptr) return;
    ctx.reply().Bulk(row.full_name);
    ReplyDistribution(ctx.reply(), *latency);
    ++count;
  };
  if (args.size() == 2) {
    for (const CommandRow& row : table.rows()) {
      if (row.spec != nullptr) add(row);
    }
  }
  for (size_t i = 2; i < args.size(); ++i) {
    const CommandRow* row = table.Find(args[i]);
    if (row == nullptr) continue;
    add(*row);
    for (uint16_t number : row->subcommands) add(table.row(number));
  }
  return ctx.reply().SetMapLength(mark, count);
}

Status LatencyHelp(Context& ctx, const Args& args) {
  return ReplyHelp(
      ctx.reply(), args,
      {"DOCTOR", "    Say what the recorded events hint at.", "GRAPH <event>",
       "    Draw the samples of an event.", "HISTORY <event>", "    Show the samples of an event.",
       "LATEST", "    Show the newest sample of every event.", "RESET [<event> ...]",
       "    Forget the samples of some events, or of all.", "HISTOGRAM [<command> ...]",
       "    Show how the times of some commands are distributed, or of all."});
}

constexpr uint64_t kLatencyFlags = kAdmin | kNoscript | kLoading | kStale;
constexpr std::string_view kNodeTips =
    "nondeterministic_output\nrequest_policy:all_nodes\nresponse_policy:special";

// What all rows of LATENCY share.
consteval CommandSpec Row(std::string_view name, int16_t arity, Handler run, std::string_view since,
                          std::string_view complexity, std::string_view summary,
                          std::string_view syntax = "", std::string_view tips = kNodeTips,
                          uint64_t flags = kLatencyFlags) {
  return Command({.name = name,
                  .parent = "latency",
                  .arity = arity,
                  .flags = flags,
                  .group = CommandGroup::kServer,
                  .run = run,
                  .since = since,
                  .complexity = complexity,
                  .summary = summary,
                  .syntax = syntax,
                  .tips = tips});
}

constexpr CommandSpec kRows[] = {
    Command({.name = "latency",
             .arity = -2,
             .flags = kContainer,
             .group = CommandGroup::kServer,
             .since = "2.8.13",
             .complexity = "Depends on subcommand.",
             .summary = "A container for commands about latency."}),
    Row("doctor", 2, LatencyDoctor, "2.8.13", "O(1)", "Says what the recorded events hint at."),
    Row("graph", 3, LatencyGraph, "2.8.13", "O(1)", "Draws the samples of an event.", "event"),
    Row("help", 2, LatencyHelp, "2.8.13", "O(1)", "Says what the subcommands do.", "", "",
        kLoading | kStale),
    Row("histogram", -2, LatencyHistogramCommand, "7.0.0",
        "O(N) where N is the number of commands with latency information being retrieved.",
        "Returns how the times of commands are distributed.", "[command ...]"),
    Row("history", 3, LatencyHistory, "2.8.13", "O(1)", "Returns the samples of an event.",
        "event"),
    Row("latest", 2, LatencyLatest, "2.8.13", "O(1)", "Returns the newest sample of every event."),
    Row("reset", -2, LatencyReset, "2.8.13", "O(1)", "Forgets the samples of some or all events.",
        "[event ...]", "request_policy:all_nodes\nresponse_policy:agg_sum"),
};

}  // namespace

std::span<const CommandSpec> LatencyCommands() {
  return kRows;
}

}  // namespace gotthard
