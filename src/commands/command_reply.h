// How COMMAND shows a row: the array of COMMAND INFO and the map of COMMAND DOCS, in RESP2 and
// RESP3. Execution thread.
#pragma once

#include "exec/command_table.h"
#include "resp/reply_writer.h"

namespace gotthard {

// The ten elements of COMMAND INFO, subcommands nested. REQUIRES: row.spec != nullptr.
void ReplyCommandInfo(ReplyWriter& reply, const CommandTable& table, const CommandRow& row);
// The map of COMMAND DOCS. REQUIRES: row.spec != nullptr.
void ReplyCommandDocs(ReplyWriter& reply, const CommandTable& table, const CommandRow& row);
// The set of names of KeyFlag bits.
void ReplyKeyFlags(ReplyWriter& reply, uint16_t flags);
// The bit of an ACL category ("string", any case), 0 if there is none of that name.
uint64_t AclCategoryByName(std::string_view name);

}  // namespace gotthard
