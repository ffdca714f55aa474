#include "base/split_args.h"

#include <catch2/catch.hpp>
#include <random>

using gotthard::QuoteArg;
using gotthard::SplitArgs;
using Words = std::vector<std::string>;
using namespace std::string_literals;

TEST_CASE("A line is split at blanks, and quotes keep blanks", "[split_args]") {
  CHECK(SplitArgs("") == Words{});
  CHECK(SplitArgs(" \t\r\n") == Words{});
  CHECK(SplitArgs("  set  key\tvalue ") == Words{"set", "key", "value"});
  CHECK(SplitArgs("a \"b c\" 'd e'") == Words{"a", "b c", "d e"});
  CHECK(SplitArgs("save \"\"") == Words{"save", ""});
  CHECK(SplitArgs("save ''") == Words{"save", ""});
  CHECK(SplitArgs("a\"b c\" d") == Words{"ab c", "d"});
}

TEST_CASE("Escapes are read in double quotes, and only \\' in single ones", "[split_args]") {
  CHECK(SplitArgs(R"("\n\r\t\b\a\x41\"\\\q")") == Words{"\n\r\t\b\aA\"\\q"});
  CHECK(SplitArgs(R"("\x00\xff\x4g")") == Words{"\0\xffx4g"s});
  CHECK(SplitArgs(R"('it\'s \n')") == Words{R"(it's \n)"});
  CHECK(SplitArgs(R"(a\nb)") == Words{R"(a\nb)"});
  CHECK(SplitArgs(R"("\x4")") == Words{"x4"});
}

TEST_CASE("Quotes that do not balance are refused", "[split_args]") {
  CHECK_FALSE(SplitArgs("\"abc"));
  CHECK_FALSE(SplitArgs("'abc"));
  CHECK_FALSE(SplitArgs("\"abc\\"));
  CHECK_FALSE(SplitArgs("\"abc\"def"));
  CHECK_FALSE(SplitArgs("'abc'def"));
  CHECK_FALSE(SplitArgs("abc\""));
}

TEST_CASE("A quoted word reads back as itself", "[split_args]") {
  CHECK(QuoteArg("a\"b\\c\n\x01\xfe") == R"("a\"b\\c\n\x01\xfe")");
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 1000; ++round) {
    std::string word(random() % 20, '\0');
    for (char& c : word) c = static_cast<char>(random());
    REQUIRE(SplitArgs(QuoteArg(word) + " end") == Words{word, "end"});
  }
}
