#include "config/command_line.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>
#include <vector>

#include "base/split_args.h"
#include "config/option_table.h"

namespace gotthard {

namespace {

namespace po = boost::program_options;

using Tokens = std::vector<std::string>;
using Options = std::vector<po::option>;

bool BeginsWithDashes(const std::string& token) {
  return token.rfind("--", 0) == 0;
}

po::options_description Switches() {
  po::options_description switches("Switches");
  switches.add_options()                                                                    //
      ("help", "print this help (also -h)")                                                 //
      ("version", "print the version (also -v)")                                            //
      ("check-config", "read the configuration, say whether it is good, and do not serve")  //
      ("print-config", "print a sample configuration file with every option explained");
  return switches;
}

bool IsSwitch(const std::string& token) {
  return token == "--help" || token == "--version" || token == "--check-config" ||
         token == "--print-config";
}

// The style of redis-server for Boost: takes an option and its first value, or one word, off the
// front of the tokens. Our own switches are left to Boost's parser of long options.
class RedisStyle {
 public:
  Options operator()(Tokens& tokens) {
    const std::string token = tokens.front();
    if (IsSwitch(token)) return {};
    const bool first = first_;
    first_ = false;
    if (first && (token == "-h" || token == "-v")) {
      return Take(tokens, 1, token == "-h" ? "help" : "version", {});
    }
    if (!BeginsWithDashes(token)) return Take(tokens, 1, "", {token});

    const std::string name = token.substr(2);
    const auto words = SplitArgs(name);
    if (!words || words->size() > 1) return Take(tokens, 1, name, {});  // "--port 7000"
    const bool is_save = EqualNoCase(name, "save");
    const bool has_next = tokens.size() > 1;
    if (is_save && (!has_next || BeginsWithDashes(tokens[1]))) return Take(tokens, 1, name, {""});
    const bool next_is_stdin = tokens.size() == 2 && tokens[1] == "-";
    if (!has_next || next_is_stdin) return Take(tokens, 1, name, {});
    return Take(tokens, 2, name, {tokens[1]});
  }

 private:
  static Options Take(Tokens& tokens, size_t count, const std::string& name, const Tokens& values) {
    po::option option(name, values);
    option.original_tokens.assign(tokens.begin(), tokens.begin() + count);
    tokens.erase(tokens.begin(), tokens.begin() + count);
    return {option};
  }

  bool first_ = true;
};

// The words as configuration text: an option begins a line, its values follow in quotes.
void AppendText(const po::option& option, std::string* text) {
  if (BeginsWithDashes(option.original_tokens.front())) {
    if (!text->empty()) *text += '\n';
    *text += option.string_key + ' ';
  }
  for (const std::string& value : option.value) *text += QuoteArg(value) + ' ';
}

CommandLine Interpret(const po::parsed_options& parsed) {
  po::variables_map switches;
  po::store(parsed, switches);
  CommandLine line;
  line.help = switches.count("help") != 0;
  line.version = switches.count("version") != 0;
  line.check_config = switches.count("check-config") != 0;
  line.print_config = switches.count("print-config") != 0;
  std::vector<const po::option*> words;
  for (const po::option& option : parsed.options) {
    const bool is_switch = !option.string_key.empty() && !option.unregistered;
    if (!is_switch) words.push_back(&option);
  }
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& token = words[i]->original_tokens.front();
    const bool at_an_end = i == 0 || i + 1 == words.size();
    if (token == "-" && at_an_end) {
      line.from_stdin = true;
    } else if (i == 0 && (token.empty() || token[0] != '-')) {
      line.file = token;
    } else {
      AppendText(*words[i], &line.options);
    }
  }
  return line;
}

}  // namespace

Result<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  const Tokens tokens(argv + std::min(argc, 1), argv + argc);
  const po::options_description switches = Switches();
  try {
    po::command_line_parser parser(tokens);
    parser.options(switches)
        .style(po::command_line_style::allow_long | po::command_line_style::long_allow_next)
        .extra_style_parser(RedisStyle())
        .allow_unregistered();
    return Interpret(parser.run());
  } catch (const std::exception& error) {
    return Status::Error(std::string("gotthard-server: ") + error.what());
  }
}

std::string CommandLineHelp() {
  std::ostringstream help;
  help << "Usage: gotthard-server [FILE | -] [--option value ...]\n\n"
          "Starts the server with the options of a configuration file (- is standard input) and\n"
          "then those of the command line, which are named like the directives of the file:\n\n"
          "  gotthard-server                              defaults: port 6379, all addresses\n"
          "  gotthard-server gotthard.conf\n"
          "  gotthard-server gotthard.conf --port 7000 --loglevel verbose\n"
          "  gotthard-server --port 7000 --save 60 1000 --requirepass \"a long one\"\n"
          "  echo 'maxmemory 1gb' | gotthard-server - --port 7000\n\n"
       << Switches();
  return help.str();
}

}  // namespace gotthard
