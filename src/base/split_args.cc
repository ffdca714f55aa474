#include "base/split_args.h"

#include "base/ascii.h"

namespace gotthard {

namespace {

// Not std::isspace: the locale must not decide how a line is read.
bool IsBlank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
// Inside a word that began without a quote, fewer bytes end it (as in Redis: \v and \f do not).
bool EndsBareWord(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\0';
}

// Reads one line, word by word. at_ never passes line_.size().
class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::optional<std::vector<std::string>> Split() {
    std::vector<std::string> words;
    while (true) {
      while (at_ < line_.size() && IsBlank(line_[at_])) ++at_;
      if (at_ == line_.size()) return words;
      std::string word;
      if (!Word(&word)) return std::nullopt;
      words.push_back(std::move(word));
    }
  }

 private:
  bool Word(std::string* word) {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (EndsBareWord(c)) return true;
      // A quote may also open in the middle of a word; its end is always the word's.
      if (c == '"') return DoubleQuoted(word);
      if (c == '\'') return SingleQuoted(word);
      word->push_back(c);
    }
    return true;
  }

  bool DoubleQuoted(std::string* word) {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '"') return AtWordEnd();
      if (c != '\\' || at_ == line_.size()) {
        word->push_back(c);
        continue;
      }
      word->push_back(Unescape(line_, &at_));
    }
    return false;
  }

  bool SingleQuoted(std::string* word) {
    while (at_ < line_.size()) {
      char c = line_[at_++];
      if (c == '\'') return AtWordEnd();
      if (c == '\\' && at_ < line_.size() && line_[at_] == '\'') c = line_[at_++];
      word->push_back(c);
    }
    return false;
  }

  bool AtWordEnd() const { return at_ == line_.size() || IsBlank(line_[at_]); }

  std::string_view line_;
  size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> SplitArgs(std::string_view line) {
  return Splitter(line).Split();
}

std::string QuoteArg(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '\\':
      case '"':
        quoted += {'\\', c};
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '\a':
        quoted += "\\a";
        break;
      case '\b':
        quoted += "\\b";
        break;
      default:
        if (byte >= 0x20 && byte < 0x7f) {
          quoted.push_back(c);
        } else {
          quoted += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace gotthard
