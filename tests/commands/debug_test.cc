#include <fstream>
#include <sstream>

#include "observe/log.h"
#include "tests/commands/harness.h"

namespace gotthard {
namespace {

constexpr const char* kEnabled = "enable-debug-command yes";

}  // namespace

TEST_CASE("DEBUG is refused unless it was enabled") {
  Harness h("enable-debug-command no");
  ReplyValue refused = h.Run("DEBUG SLEEP 0");
  CHECK(refused.text.rfind("ERR DEBUG command not allowed. If the enable-debug-command option",
                           0) == 0);
  Harness local("enable-debug-command local");
  CHECK(local.Run("DEBUG SLEEP 0") == Ok());
  local.client().session().address = "10.0.0.1:5";
  CHECK(local.Run("DEBUG SLEEP 0").is_error());
}

TEST_CASE("DEBUG RELOAD leaves the data as it was") {
  Harness h(kEnabled);
  h.Run("SET k v EX 100");
  h.Run("RPUSH l a b c");
  h.Run("SELECT 3");
  h.Run("SET other 12");
  h.Run("SELECT 0");
  const std::string digest = h.Text("DEBUG DIGEST");
  CHECK(h.Run("DEBUG RELOAD NOSAVE") == Ok());
  CHECK(h.Text("DEBUG DIGEST") == digest);
  CHECK(h.Run("TTL k") == Int(100));
}

TEST_CASE("DEBUG refuses unknown subcommands and wrong numbers of arguments") {
  Harness h(kEnabled);
  const ReplyValue unknown =
      Error("ERR unknown subcommand or wrong number of arguments for 'nosuch'. Try DEBUG HELP.");
  CHECK(h.Run("DEBUG nosuch") == unknown);
  CHECK(h.Run("DEBUG SLEEP").is_error());
  CHECK(h.Run("DEBUG JMAP") ==
        Error("ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP."));
  CHECK(h.Run("DEBUG RELOAD SOMETHING").is_error());
  CHECK(h.Run("DEBUG LOADAOF").is_error());
  CHECK(h.Run("DEBUG REPLICATE x").is_error());
  CHECK(h.Run("DEBUG CHANGE-REPL-ID").is_error());
  CHECK(h.Run("DEBUG HELP").elements[0] ==
        Simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
}

TEST_CASE("DEBUG DIGEST is Redis's signature of the data") {
  Harness h(kEnabled);
  CHECK(h.Run("DEBUG DIGEST") == Simple(std::string(40, '0')));
  h.Run("SET a 1");
  h.Run("SET b hello");
  std::string before = h.Text("DEBUG DIGEST");
  // As redis-server 7.2 answers for the same two keys.
  CHECK(h.Run("DEBUG DIGEST") == Simple("2539797405e828ad7a3aa48c536b3eaf2803a421"));
  CHECK(h.Run("DEBUG DIGEST-VALUE a b nosuch") ==
        Array({Simple("b4fc66738120fba0b5aa500ab5c2bf89cea1c5da"),
               Simple("36b23a1456b2dce2c3ed252c456761301dba8060"), Simple(std::string(40, '0'))}));
  h.Run("SET b hello EX 100");
  CHECK(h.Run("DEBUG DIGEST-VALUE b") ==
        Array({Simple("d037c4eb8a8b36b602fbced4000daeab0714c1e3")}));
  CHECK(h.Text("DEBUG DIGEST") != before);
  h.Run("SET b hello");
  CHECK(h.Text("DEBUG DIGEST") == before);
}

TEST_CASE("DEBUG POPULATE makes the strings that are missing") {
  Harness h(kEnabled);
  h.Run("SET key:1 mine");
  CHECK(h.Run("DEBUG POPULATE 3") == Ok());
  CHECK(h.Run("GET key:0") == Bulk("value:0"));
  CHECK(h.Run("GET key:1") == Bulk("mine"));
  CHECK(h.Run("DEBUG POPULATE 2 x 4") == Ok());
  CHECK(h.Run("GET x:1") == Bulk("valu"));
  CHECK(h.Run("DEBUG POPULATE 1 y 10") == Ok());
  CHECK(h.Run("GET y:0") == Bulk(std::string("value:0\0\0\0", 10)));
  CHECK(h.Run("DEBUG POPULATE -1") == Error("ERR value is out of range, must be positive"));
  CHECK(h.Run("DEBUG POPULATE x") == Error("ERR value is out of range, must be positive"));
  CHECK(h.Run("DEBUG POPULATE 1 y -1") == Error("ERR value is out of range, must be positive"));
}

TEST_CASE("DEBUG OBJECT and SDSLEN describe a string") {
  Harness h(kEnabled);
  CHECK(h.Run("DEBUG OBJECT k") == Error("ERR no such key"));
  h.Run("SET k hello");
  std::string text = h.Text("DEBUG OBJECT k");
  CHECK(text.find("refcount:1 encoding:embstr serializedlength:6 lru:") != std::string::npos);
  h.AdvanceMs(7000);
  CHECK(h.Text("DEBUG OBJECT k").find("lru_seconds_idle:7") != std::string::npos);
  h.Run("SET n 12345");
  CHECK(h.Text("DEBUG OBJECT n").find("encoding:int serializedlength:3 ") != std::string::npos);
  CHECK(h.Text("DEBUG SDSLEN k").find("key_sds_len:1, key_sds_avail:0") != std::string::npos);
  CHECK(h.Run("DEBUG SDSLEN n") == Error("ERR Not an sds encoded string."));
  CHECK(h.Run("DEBUG SDSLEN nosuch") == Error("ERR no such key"));
}

TEST_CASE("DEBUG OBJECT tells how long a value is in an RDB file, of any type") {
  Harness h(kEnabled);
  h.Run("RPUSH l a b c");
  h.Run("HSET h f v");
  h.Run("SADD i 1 2 3");
  h.Run({"SET", "s", std::string(3000, 'a')});
  const auto length = [&](const std::string& key) {
    const std::string text = h.Text("DEBUG OBJECT " + key);
    const size_t at = text.find("serializedlength:");
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + 17));
  };
  CHECK(length("l") == 19);
  CHECK(length("h") == 14);
  CHECK(length("i") == 15);
  CHECK(length("s") < 100);
  h.Run("CONFIG SET rdbcompression no");
  CHECK(length("s") == 3002);
}

TEST_CASE("DEBUG HTSTATS and the encodings that a string does not have") {
  Harness h(kEnabled);
  CHECK(h.Run("DEBUG HTSTATS 0").text.find("No stats available") != std::string::npos);
  h.Run("SET k v EX 10");
  std::string text = h.Run("DEBUG HTSTATS 0 full").text;
  CHECK(text.find("[Dictionary HT]") == 0);
  CHECK(text.find(" number of elements: 1\n") != std::string::npos);
  CHECK(h.Run("DEBUG HTSTATS 16") == Error("ERR Out of range database"));
  CHECK(h.Run("DEBUG HTSTATS x") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("DEBUG HTSTATS-KEY k").is_error());
  CHECK(h.Run("DEBUG HTSTATS-KEY nosuch") == Error("ERR no such key"));
  CHECK(h.Run("DEBUG LISTPACK k") == Error("ERR Not a listpack encoded object."));
  CHECK(h.Run("DEBUG QUICKLIST k") == Error("ERR Not a quicklist encoded object."));
}

TEST_CASE("DEBUG PROTOCOL replies with each type, in both protocols") {
  Harness h(kEnabled);
  CHECK(h.Run("DEBUG PROTOCOL string") == Bulk("Hello World"));
  CHECK(h.Run("DEBUG PROTOCOL double") == Bulk("3.141"));
  CHECK(h.Run("DEBUG PROTOCOL null").is_null());
  CHECK(h.Run("DEBUG PROTOCOL map") == Array({Int(0), Int(0), Int(1), Int(1), Int(2), Int(0)}));
  CHECK(h.Run("DEBUG PROTOCOL attrib") == Bulk("Some real reply following the attribute"));
  CHECK(h.Run("DEBUG PROTOCOL push") == Error("ERR RESP2 is not supported by this command"));
  CHECK(h.Run("DEBUG PROTOCOL x").text.rfind("ERR Wrong protocol type name.", 0) == 0);
  h.Run("HELLO 3");
  CHECK(h.Run("DEBUG PROTOCOL integer") == Int(12345));
  CHECK(h.Run("DEBUG PROTOCOL double") == reply::Double("3.141"));
  CHECK(h.Run("DEBUG PROTOCOL bignum") ==
        reply::BigNumber("1234567999999999999999999999999999999"));
  CHECK(h.Run("DEBUG PROTOCOL array") == Array({Int(0), Int(1), Int(2)}));
  CHECK(h.Run("DEBUG PROTOCOL set") == reply::Set({Int(0), Int(1), Int(2)}));
  CHECK(h.Run("DEBUG PROTOCOL map") == reply::Map({Int(0), reply::Bool(false), Int(1),
                                                   reply::Bool(true), Int(2), reply::Bool(false)}));
  CHECK(h.Run("DEBUG PROTOCOL verbatim") == reply::Verbatim("txt", "This is a verbatim\nstring"));
  CHECK(h.Run("DEBUG PROTOCOL true") == reply::Bool(true));
  CHECK(h.Run("DEBUG PROTOCOL false") == reply::Bool(false));
  CHECK(h.Run("DEBUG PROTOCOL attrib").attributes.size() == 2);
  std::vector<ReplyValue> push = h.client().Send("DEBUG PROTOCOL push\r\n");
  REQUIRE(push.size() == 2);
  CHECK(push[0] == Bulk("Some real reply following the push reply"));
  CHECK(push[1] == reply::Push({Bulk("server-cpu-usage"), Int(42)}));
}

TEST_CASE("DEBUG ERROR replies with any error") {
  Harness h(kEnabled);
  CHECK(h.Run({"DEBUG", "ERROR", "MYCODE some\r\ntext"}) == Error("MYCODE some  text"));
}

TEST_CASE("DEBUG's switches are kept") {
  Harness h(kEnabled);
  CHECK(h.Run("DEBUG SET-ACTIVE-EXPIRE 0") == Ok());
  CHECK_FALSE(h.server().active_expire_enabled);
  CHECK(h.Run("DEBUG SET-ACTIVE-EXPIRE 1") == Ok());
  CHECK(h.server().active_expire_enabled);
  CHECK(h.Run("DEBUG PAUSE-CRON 1") == Ok());
  CHECK(h.server().cron_paused);
  CHECK(h.Run("DEBUG SET-DISABLE-DENY-SCRIPTS 1") == Ok());
  CHECK(h.server().debug.disable_deny_scripts);
  CHECK(h.Run("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1") == Ok());
  CHECK(h.server().debug.skip_checksum_validation);
  CHECK(h.Run("DEBUG QUICKLIST-PACKED-THRESHOLD 100b") == Ok());
  CHECK(h.server().debug.quicklist_packed_threshold == 100);
  CHECK(h.Run("DEBUG QUICKLIST-PACKED-THRESHOLD 0") == Ok());
  CHECK(h.server().debug.quicklist_packed_threshold == 1u << 30);
  CHECK(h.Run("DEBUG QUICKLIST-PACKED-THRESHOLD 4gb").is_error());
  CHECK(h.Run("DEBUG REPLYBUFFER RESIZING 0") == Ok());
  CHECK_FALSE(h.server().debug.reply_buffer_resizing);
  CHECK(h.Run("DEBUG REPLYBUFFER PEAK-RESET-TIME never") == Ok());
  CHECK(h.server().debug.reply_buffer_peak_reset_ms == -1);
  CHECK(h.Run("DEBUG REPLYBUFFER PEAK-RESET-TIME 100") == Ok());
  CHECK(h.server().debug.reply_buffer_peak_reset_ms == 100);
  CHECK(h.Run("DEBUG REPLYBUFFER PEAK-RESET-TIME reset") == Ok());
  CHECK(h.Run("DEBUG REPLYBUFFER x 1").is_error());
}

TEST_CASE("DEBUG LOG writes to the log") {
  Harness h(kEnabled);
  char path[] = "/tmp/gotthard-debug-XXXXXX";
  close(mkstemp(path));
  Clock clock;
  Log log(clock);
  Log::Options options;
  options.file = path;
  REQUIRE(log.Configure(options).ok());
  h.server().log = &log;
  CHECK(h.Run("DEBUG LOG \"a line\"") == Ok());
  h.server().log = nullptr;
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  CHECK(text.str().find("# DEBUG LOG: a line\n") != std::string::npos);
  unlink(path);
}

TEST_CASE("DEBUG about the process") {
  Harness h(kEnabled);
  CHECK(h.Run("DEBUG STRUCTSIZE").text.rfind("bits:64 entry:8 ", 0) == 0);
  CHECK(h.Run("DEBUG SLEEP 0.001") == Ok());
  CHECK(h.Run("DEBUG SLEEP -1") == Ok());
  CHECK(h.Run("DEBUG CLIENT-EVICTION") == Error("ERR maxmemory-clients is disabled."));
  CHECK(h.Run("CONFIG SET maxmemory-clients 100mb") == Ok());
  CHECK(h.Run("DEBUG CLIENT-EVICTION").text.find("clients: 1\n") != std::string::npos);
  CHECK(h.Run("DEBUG CONFIG-REWRITE-FORCE-ALL") ==
        Error("ERR CONFIG-REWRITE-FORCE-ALL failed: The server is running without a config file"));
  CHECK(h.Run("DEBUG STRINGMATCH-LEN a*c abbc") == Int(1));
  CHECK(h.Run("DEBUG STRINGMATCH-LEN a*d abbc") == Int(0));
  CHECK(h.Run("DEBUG MALLCTL no.such.name").is_error());
}

}  // namespace gotthard
