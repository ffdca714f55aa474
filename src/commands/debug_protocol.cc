// DEBUG about replies.
#include <string>

#include "commands/debug_commands.h"

namespace gotthard {
namespace {

Status ReplyNumbers(ReplyWriter& reply) {
  for (int i = 0; i < 3; ++i) reply.Integer(i);
  return Status::Ok();
}

struct ProtocolType {
  std::string_view name;
  Status (*write)(ReplyWriter& reply);
};
constexpr ProtocolType kTypes[] = {
    {"string", [](ReplyWriter& reply) -> Status { return reply.Bulk("Hello World"); }},
    {"integer", [](ReplyWriter& reply) -> Status { return reply.Integer(12345); }},
    {"double", [](ReplyWriter& reply) -> Status { return reply.Double(3.141); }},
    {"bignum",
     [](ReplyWriter& reply) -> Status {
       return reply.BigNumber("1234567999999999999999999999999999999");
     }},
    {"null", [](ReplyWriter& reply) -> Status { return reply.Null(); }},
    {"array",
     [](ReplyWriter& reply) -> Status {
       reply.ArrayHeader(3);
       return ReplyNumbers(reply);
     }},
    {"set",
     [](ReplyWriter& reply) -> Status {
       reply.SetHeader(3);
       return ReplyNumbers(reply);
     }},
    {"map",
     [](ReplyWriter& reply) -> Status {
       reply.MapHeader(3);
       for (int i = 0; i < 3; ++i) {
         reply.Integer(i);
         reply.Bool(i == 1);
       }
       return Status::Ok();
     }},
    // Attributes and pushes are no replies, so there is one beside each.
    {"attrib",
     [](ReplyWriter& reply) -> Status {
       if (reply.protocol() == Protocol::kResp3) {
         reply.AttributeHeader(1);
         reply.Bulk("key-popularity");
         reply.ArrayHeader(2);
         reply.Bulk("key:123");
         reply.Integer(90);
       }
       return reply.Bulk("Some real reply following the attribute");
     }},
    {"push",
     [](ReplyWriter& reply) -> Status {
       if (reply.protocol() != Protocol::kResp3) {
         return Status::Error("ERR RESP2 is not supported by this command");
       }
       // What a command pushes to its own client comes behind its reply.
       reply.Bulk("Some real reply following the push reply");
       reply.PushHeader(2);
       reply.Bulk("server-cpu-usage");
       return reply.Integer(42);
     }},
    {"verbatim",
     [](ReplyWriter& reply) -> Status {
       return reply.Verbatim("txt", "This is a verbatim\nstring");
     }},
    {"true", [](ReplyWriter& reply) -> Status { return reply.Bool(true); }},
    {"false", [](ReplyWriter& reply) -> Status { return reply.Bool(false); }},
};

}  // namespace

Status DebugProtocol(Context& ctx, const Args& args) {
  for (const ProtocolType& type : kTypes) {
    if (IsOption(args[2], type.name)) return type.write(ctx.reply());
  }
  return Status::Error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

// Written as it is: clients test with it what they do with errors, of any code or of none.
Status DebugError(Context& ctx, const Args& args) {
  return ctx.reply().Error(args[2].empty() ? std::string_view(" ") : args[2]);
}

}  // namespace gotthard
