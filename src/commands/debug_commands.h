// The subcommands of DEBUG, by topic: debug_data.cc (keys and values), debug_process.cc (the
// process and its switches), debug_protocol.cc. debug.cc has the table of them, which checked the
// number of arguments; args[1] is the subcommand.
#pragma once

#include "exec/context.h"

namespace gotthard {

Status DebugDigest(Context& ctx, const Args& args);
Status DebugDigestValue(Context& ctx, const Args& args);
Status DebugHtStats(Context& ctx, const Args& args);
Status DebugHtStatsKey(Context& ctx, const Args& args);
Status DebugListpack(Context& ctx, const Args& args);
Status DebugObject(Context& ctx, const Args& args);
Status DebugPopulate(Context& ctx, const Args& args);
Status DebugQuicklist(Context& ctx, const Args& args);
Status DebugReload(Context& ctx, const Args& args);
Status DebugSdsLen(Context& ctx, const Args& args);
Status DebugStringMatchLen(Context& ctx, const Args& args);
Status DebugStringMatchTest(Context& ctx, const Args& args);

Status DebugAssert(Context& ctx, const Args& args);
Status DebugClientEviction(Context& ctx, const Args& args);
Status DebugConfigRewriteForceAll(Context& ctx, const Args& args);
Status DebugLeak(Context& ctx, const Args& args);
Status DebugLog(Context& ctx, const Args& args);
Status DebugMallctl(Context& ctx, const Args& args);
Status DebugMallctlStr(Context& ctx, const Args& args);
Status DebugOom(Context& ctx, const Args& args);
Status DebugPanic(Context& ctx, const Args& args);
Status DebugPauseCron(Context& ctx, const Args& args);
Status DebugQuicklistThreshold(Context& ctx, const Args& args);
Status DebugReplyBuffer(Context& ctx, const Args& args);
Status DebugSegfault(Context& ctx, const Args& args);
Status DebugSetActiveExpire(Context& ctx, const Args& args);
Status DebugSetDisableDenyScripts(Context& ctx, const Args& args);
Status DebugSetSkipChecksum(Context& ctx, const Args& args);
Status DebugSleep(Context& ctx, const Args& args);
Status DebugStructSize(Context& ctx, const Args& args);

Status DebugError(Context& ctx, const Args& args);
Status DebugProtocol(Context& ctx, const Args& args);

// "ERR unknown subcommand or wrong number of arguments for ..."
Status DebugSyntaxError(const Args& args);

}  // namespace gotthard
