// The reply of the HELP subcommands.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "exec/args.h"
#include "resp/reply_writer.h"

namespace gotthard {

// A title made of the command's name, `lines` (a subcommand, then its description indented by four
// blanks, and so on), and the lines for HELP itself.
inline Replied ReplyHelp(ReplyWriter& reply, const Args& args,
                         std::initializer_list<std::string_view> lines) {
  std::string title(args[0]);
  for (char& c : title) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  title += " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
  reply.ArrayHeader(lines.size() + 3);
  reply.Simple(title);
  for (std::string_view line : lines) reply.Simple(line);
  reply.Simple("HELP");
  return reply.Simple("    Print this help.");
}

}  // namespace gotthard
