// The sections of INFO, one function each, by topic: info_server.cc, info_data.cc, info_stats.cc.
#pragma once

#include <string>

#include "exec/server_state.h"

namespace gotthard {

void InfoServer(ServerState& server, std::string& out);
void InfoClients(ServerState& server, std::string& out);
void InfoThreads(ServerState& server, std::string& out);
void InfoCpu(ServerState& server, std::string& out);
void InfoModules(ServerState& server, std::string& out);
void InfoCluster(ServerState& server, std::string& out);

void InfoMemory(ServerState& server, std::string& out);
void InfoPersistence(ServerState& server, std::string& out);
void InfoReplication(ServerState& server, std::string& out);
void InfoKeyspace(ServerState& server, std::string& out);

void InfoStats(ServerState& server, std::string& out);
void InfoCommandStats(ServerState& server, std::string& out);
void InfoErrorStats(ServerState& server, std::string& out);
void InfoDebug(ServerState& server, std::string& out);
void InfoLatencyStats(ServerState& server, std::string& out);

}  // namespace gotthard
