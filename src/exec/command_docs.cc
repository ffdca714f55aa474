#include "exec/command_docs.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/ascii.h"

namespace gotthard {
namespace {

constexpr std::array<std::pair<DocType, std::string_view>, 9> kTypeNames = {{
    {DocType::kString, "string"},
    {DocType::kInteger, "integer"},
    {DocType::kDouble, "double"},
    {DocType::kKey, "key"},
    {DocType::kPattern, "pattern"},
    {DocType::kUnixTime, "unix-time"},
    {DocType::kPureToken, "pure-token"},
    {DocType::kOneOf, "oneof"},
    {DocType::kBlock, "block"},
}};

// What an argument of this name mostly is; a row says so when it is something else.
DocType TypeOfName(std::string_view name) {
  static constexpr std::string_view kKeys[] = {"key",    "key1", "key2",        "newkey",
                                               "source", "dest", "destination", "destkey"};
  static constexpr std::string_view kIntegers[] = {
      "bit",       "client-id", "count",   "cursor",  "db",        "decrement",    "destination-db",
      "frequency", "index",     "index1",  "index2",  "len",       "milliseconds", "min-match-len",
      "numkeys",   "numlocal",  "offset",  "port",    "increment", "numreplicas",  "protover",
      "rank",      "seconds",   "version", "timeout", "ttl",       "slot",         "weight"};
  static constexpr std::string_view kDoubles[] = {"height", "latitude", "longitude",
                                                  "radius", "score",    "width"};
  auto is_in = [name](const auto& list) {
    return std::find(std::begin(list), std::end(list), name) != std::end(list);
  };
  if (is_in(kKeys)) return DocType::kKey;
  if (is_in(kIntegers)) return DocType::kInteger;
  if (is_in(kDoubles)) return DocType::kDouble;
  if (name == "pattern") return DocType::kPattern;
  if (name.rfind("unix-time", 0) == 0) return DocType::kUnixTime;
  return DocType::kString;
}

bool IsLowerCase(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsNameChar(char c) {
  return IsLowerCase(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Whether both are the same as far as a reader of the syntax sees.
bool SameArgument(const DocArgument& a, const DocArgument& b) {
  return a.name == b.name && a.type == b.type && a.token == b.token &&
         a.arguments.size() == b.arguments.size();
}

class SyntaxParser {
 public:
  SyntaxParser(std::string_view text, int key_specs) : text_(text), key_specs_(key_specs) {}

  Result<std::vector<DocArgument>> Parse() {
    std::vector<DocArgument> items = Sequence();
    if (error_.empty() && at_ < text_.size()) Fail("an argument");
    if (!error_.empty()) return Status::Error(error_);
    NumberKeys(items);
    return items;
  }

 private:
  // Items up to a '|', a closing bracket or the end.
  std::vector<DocArgument> Sequence() {
    std::vector<DocArgument> items;
    while (error_.empty()) {
      SkipBlanks();
      if (at_ == text_.size() || IsOneOf("|]>")) break;
      if (Take("...")) {  // "[key ...]": the repetition
        if (items.empty()) return Fail("an argument before '...'"), items;
        items.back().multiple = true;
        ended_with_dots_ = true;
        continue;
      }
      if (text_[at_] == '[' && TakeRepetition(items)) continue;
      items.push_back(Item());
    }
    return items;
  }

  DocArgument Item() {
    std::string name = TakeName();
    DocArgument item;
    if (IsOneOf("[<")) {
      item = Group();
    } else {
      item = Word();
    }
    if (!name.empty()) item.name = name;
    Suffixes(item);
    return item;
  }

  // "name=" before an item, if it is there.
  std::string TakeName() {
    size_t end = at_;
    while (end < text_.size() && IsNameChar(text_[end])) ++end;
    if (end == at_ || end == text_.size() || text_[end] != '=') return "";
    std::string name(text_.substr(at_, end - at_));
    at_ = end + 1;
    return name;
  }

  DocArgument Group() {
    bool optional = text_[at_] == '[';
    ++at_;
    ended_with_dots_ = false;
    std::vector<std::vector<DocArgument>> alternatives;
    do {
      alternatives.push_back(Sequence());
      if (error_.empty() && alternatives.back().empty()) Fail("an argument");
    } while (error_.empty() && Take("|"));
    if (error_.empty() && !Take(optional ? "]" : ">")) Fail(optional ? "']'" : "'>'");
    if (!error_.empty()) return {};
    DocArgument group;
    if (alternatives.size() == 1) {
      group = Block(std::move(alternatives[0]));
    } else {
      group.type = DocType::kOneOf;
      for (auto& items : alternatives) group.arguments.push_back(Block(std::move(items)));
      group.name = NameOfChoice(group.arguments);
    }
    group.optional |= optional;
    return group;
  }

  // Several items as one; a single one is itself.
  static DocArgument Block(std::vector<DocArgument> items) {
    if (items.size() == 1) return std::move(items[0]);
    DocArgument block;
    block.name = items[0].name;
    block.type = DocType::kBlock;
    // "LIMIT offset count": the token was taken for the first argument's.
    bool only_names = std::all_of(items.begin(), items.end(), [&](const DocArgument& item) {
      return item.type < DocType::kPureToken && !item.optional &&
             (item.token.empty() || &item == items.data());
    });
    if (only_names && !items[0].token.empty()) {
      block.token = std::exchange(items[0].token, "");
      block.name = AsciiLower(block.token);
    }
    block.arguments = std::move(items);
    return block;
  }

  static std::string NameOfChoice(const std::vector<DocArgument>& alternatives) {
    if (alternatives[0].name == "nx") return "condition";
    if (alternatives[0].token == "EX") return "expiration";
    if (alternatives[0].name == "async") return "flush-type";
    return alternatives[0].name;
  }

  DocArgument Word() {
    bool quoted = text_[at_] == '\'';
    std::string word = quoted ? Quoted() : Bare();
    if (!error_.empty()) return {};
    bool is_token = quoted || !std::any_of(word.begin(), word.end(), IsLowerCase);
    // COMMAND(string): upper case, but a name.
    if (!quoted && IsOneOf("(")) is_token = false;
    DocArgument item;
    if (!is_token) {
      item.name = word;
      item.type = TypeOfName(word);
      return item;
    }
    item.name = AsciiLower(word);
    item.type = DocType::kPureToken;
    item.token = word;
    TakeOwned(item);
    return item;
  }

  // Takes the argument that the pure token `item` belongs to, if there is one: `item` becomes it.
  void TakeOwned(DocArgument& item) {
    size_t before = at_;
    bool tied = Take(":");
    SkipBlanks();
    if (!tied && !OwnsNext()) {
      at_ = before;
      return;
    }
    std::string token = item.token;
    std::string name = TakeName();
    bool is_group = IsOneOf("<");
    item = is_group ? Group() : Word();
    if (is_group) item.name = AsciiLower(token);
    if (!name.empty()) item.name = name;
    item.token = token;
  }
  // Whether an argument or a '<' is next, perhaps with a name before it, and not a token.
  bool OwnsNext() const {
    size_t at = at_;
    auto skip_word = [&] {
      size_t begin = at;
      while (at < text_.size() && IsNameChar(text_[at])) ++at;
      return text_.substr(begin, at - begin);
    };
    std::string_view word = skip_word();
    if (!word.empty() && text_.substr(at, 1) == "=") {
      ++at;
      word = skip_word();
    }
    if (word.empty()) return text_.substr(at, 1) == "<";
    return std::any_of(word.begin(), word.end(), IsLowerCase) || text_.substr(at, 1) == "(";
  }

  std::string Quoted() {
    size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return Fail("a closing quote"), "";
    std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  std::string Bare() {
    size_t end = at_;
    while (end < text_.size() && IsNameChar(text_[end])) ++end;
    if (end == at_) return Fail("an argument"), "";
    std::string word(text_.substr(at_, end - at_));
    at_ = end;
    return word;
  }

  void Suffixes(DocArgument& item) {
    while (error_.empty() && at_ < text_.size()) {
      if (Take("*...")) {
        item.multiple = item.multiple_token = true;
      } else if (text_.substr(at_, 3) == "...") {
        at_ += 3;
        item.multiple = true;
      } else if (IsOneOf("(")) {
        TakeType(item);
      } else if (IsOneOf("@")) {
        item.since = TakeUntilBlank("0123456789.");
      } else if (IsOneOf("~")) {
        item.display = TakeDisplay();
      } else if (IsOneOf("#")) {
        item.key_spec_index = std::atoi(TakeUntilBlank("0123456789").c_str());
      } else {
        return;
      }
    }
  }
  void TakeType(DocArgument& item) {
    size_t end = text_.find(')', at_);
    std::string_view name =
        end == std::string_view::npos ? "" : text_.substr(at_ + 1, end - at_ - 1);
    for (const auto& [type, type_name] : kTypeNames) {
      if (type_name == name) {
        item.type = type;
        at_ = end + 1;
        return;
      }
    }
    Fail("a type in parentheses");
  }
  std::string TakeDisplay() {
    size_t begin = ++at_;
    while (at_ < text_.size() && !IsOneOf(" []<>|@#(*")) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  // What follows the mark at at_, as long as it is made of `chars`; a final dot is not part of it.
  std::string TakeUntilBlank(std::string_view chars) {
    size_t end = ++at_;
    while (end < text_.size() && chars.find(text_[end]) != std::string_view::npos) ++end;
    while (end > at_ && text_[end - 1] == '.') --end;
    std::string value(text_.substr(at_, end - at_));
    at_ = end;
    return value;
  }

  // "[x y ...]" behind "x y": the items before are given several times. False, and nothing is
  // taken, when the bracket holds something else.
  bool TakeRepetition(std::vector<DocArgument>& items) {
    size_t before = at_;
    ++at_;
    ended_with_dots_ = false;
    std::vector<DocArgument> again = Sequence();
    bool repeats = error_.empty() && Take("]") && !again.empty() && again.size() <= items.size() &&
                   again.back().multiple && ended_with_dots_;
    for (size_t i = 0; repeats && i < again.size(); ++i) {
      repeats = SameArgument(again[i], items[items.size() - again.size() + i]);
    }
    if (!repeats) {
      error_.clear();
      at_ = before;
      return false;
    }
    DocArgument repeated;
    if (again.size() == 1) {
      repeated = std::move(items.back());
      items.pop_back();
      repeated.multiple_token = !repeated.token.empty();
    } else {
      repeated.name = "data";
      repeated.type = DocType::kBlock;
      auto first = items.end() - static_cast<std::ptrdiff_t>(again.size());
      repeated.arguments.assign(std::make_move_iterator(first),
                                std::make_move_iterator(items.end()));
      items.erase(first, items.end());
    }
    repeated.multiple = true;
    items.push_back(std::move(repeated));
    return true;
  }

  // Each key gets the next specification, the last one serves all that remain.
  void NumberKeys(std::vector<DocArgument>& items) {
    for (DocArgument& item : items) {
      if (item.type == DocType::kKey) {
        if (item.key_spec_index < 0) item.key_spec_index = std::min(next_key_, key_specs_ - 1);
        next_key_ = item.key_spec_index + 1;
      }
      NumberKeys(item.arguments);
    }
  }

  void SkipBlanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool IsOneOf(std::string_view chars) const {
    return at_ < text_.size() && chars.find(text_[at_]) != std::string_view::npos;
  }
  bool Take(std::string_view word) {
    if (word != ":" && word != "*...") SkipBlanks();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void Fail(std::string_view wanted) {
    if (!error_.empty()) return;
    error_ = "column " + std::to_string(at_ + 1) + " of '" + std::string(text_) + "': expected " +
             std::string(wanted);
    at_ = text_.size();
  }

  std::string_view text_;
  int key_specs_;
  size_t at_ = 0;
  int next_key_ = 0;
  bool ended_with_dots_ = false;  // the latest sequence had a "..." of its own
  std::string error_;
};

}  // namespace

std::string_view DocTypeName(DocType type) {
  return kTypeNames[static_cast<size_t>(type)].second;
}

Result<std::vector<DocArgument>> ParseSyntax(std::string_view syntax, int key_specs) {
  return SyntaxParser(syntax, key_specs).Parse();
}

}  // namespace gotthard
