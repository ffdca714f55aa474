#include "resp/reply_parser.h"

#include <cmath>
#include <limits>
#include <ostream>

#include "base/numbers.h"

namespace gotthard {
namespace {

using Kind = ReplyValue::Kind;

// Reads one reply after the other off a view; the first failure sticks to the reader.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  size_t used() const { return used_; }

  ReplyOutcome Read(ReplyValue* value, int depth) {
    *value = {};
    if (depth > kMaxReplyDepth) return ReplyOutcome::kMalformed;
    std::string_view line;
    if (!ReadLine(&line)) return ReplyOutcome::kNeedMore;
    if (line.empty()) return ReplyOutcome::kMalformed;
    const char type = line[0];
    line.remove_prefix(1);
    switch (type) {
      case '+':
        return Text(Kind::kSimple, line, value);
      case '-':
        return Text(Kind::kError, line, value);
      case ':':
        return Integer(line, value);
      case ',':
        if (line != "nan" && !ParseDouble(line)) return ReplyOutcome::kMalformed;
        return Text(Kind::kDouble, line, value);
      case '(':
        return Text(Kind::kBigNumber, line, value);
      case '#':
        if (line != "t" && line != "f") return ReplyOutcome::kMalformed;
        value->kind = Kind::kBool;
        value->integer = line == "t" ? 1 : 0;
        return ReplyOutcome::kReply;
      case '_':
        return line.empty() ? ReplyOutcome::kReply : ReplyOutcome::kMalformed;
      case '$':
        return Bulk(Kind::kBulk, line, value);
      case '!':
        return Bulk(Kind::kError, line, value);
      case '=':
        return Bulk(Kind::kVerbatim, line, value);
      case '|':
        return Attributed(line, value, depth);
      default:
        return Aggregate(type, line, value, depth);
    }
  }

 private:
  bool ReadLine(std::string_view* line) {
    const size_t end = bytes_.find("\r\n", used_);
    if (end == std::string_view::npos) return false;
    *line = bytes_.substr(used_, end - used_);
    used_ = end + 2;
    return true;
  }

  static ReplyOutcome Text(Kind kind, std::string_view line, ReplyValue* value) {
    value->kind = kind;
    value->text = line;
    return ReplyOutcome::kReply;
  }

  static ReplyOutcome Integer(std::string_view line, ReplyValue* value) {
    const auto number = ParseInt64(line);
    if (!number) return ReplyOutcome::kMalformed;
    value->kind = Kind::kInteger;
    value->integer = *number;
    return ReplyOutcome::kReply;
  }

  ReplyOutcome Bulk(Kind kind, std::string_view line, ReplyValue* value) {
    if (line == "-1" && kind == Kind::kBulk) return ReplyOutcome::kReply;
    const auto length = ParseUint64(line);
    if (!length || *length > std::numeric_limits<size_t>::max() / 2) {
      return ReplyOutcome::kMalformed;
    }
    if (bytes_.size() - used_ < *length + 2) return ReplyOutcome::kNeedMore;
    if (bytes_.substr(used_ + *length, 2) != "\r\n") return ReplyOutcome::kMalformed;
    value->kind = kind;
    value->text = bytes_.substr(used_, *length);
    used_ += *length + 2;
    const bool formed = kind != Kind::kVerbatim || (*length >= 4 && value->text[3] == ':');
    return formed ? ReplyOutcome::kReply : ReplyOutcome::kMalformed;
  }

  ReplyOutcome Elements(std::string_view line, uint64_t per_count, int depth,
                        std::vector<ReplyValue>* elements) {
    const auto count = ParseUint64(line);
    if (!count || *count > UINT32_MAX) return ReplyOutcome::kMalformed;
    for (uint64_t i = 0; i < *count * per_count; ++i) {
      ReplyValue element;
      const ReplyOutcome outcome = Read(&element, depth + 1);
      if (outcome != ReplyOutcome::kReply) return outcome;
      elements->push_back(std::move(element));
    }
    return ReplyOutcome::kReply;
  }

  ReplyOutcome Aggregate(char type, std::string_view line, ReplyValue* value, int depth) {
    switch (type) {
      case '*':
        value->kind = line == "-1" ? Kind::kNullArray : Kind::kArray;
        if (value->kind == Kind::kNullArray) return ReplyOutcome::kReply;
        break;
      case '%':
        value->kind = Kind::kMap;
        break;
      case '~':
        value->kind = Kind::kSet;
        break;
      case '>':
        value->kind = Kind::kPush;
        break;
      default:
        return ReplyOutcome::kMalformed;
    }
    return Elements(line, type == '%' ? 2 : 1, depth, &value->elements);
  }

  ReplyOutcome Attributed(std::string_view line, ReplyValue* value, int depth) {
    std::vector<ReplyValue> attributes;
    ReplyOutcome outcome = Elements(line, 2, depth, &attributes);
    if (outcome != ReplyOutcome::kReply) return outcome;
    outcome = Read(value, depth + 1);
    value->attributes = std::move(attributes);
    return outcome;
  }

  std::string_view bytes_;
  size_t used_ = 0;
};

std::string Quoted(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string RenderAggregate(const ReplyValue& value, const std::string& indent);

std::string Render(const ReplyValue& value, const std::string& indent) {
  switch (value.kind) {
    case Kind::kNull:
    case Kind::kNullArray:
      return "(nil)";
    case Kind::kSimple:
      return value.text;
    case Kind::kError:
      return "(error) " + value.text;
    case Kind::kInteger:
      return "(integer) " + FormatInt64(value.integer);
    case Kind::kBulk:
      return Quoted(value.text);
    case Kind::kDouble:
      return "(double) " + value.text;
    case Kind::kBool:
      return value.integer != 0 ? "(true)" : "(false)";
    case Kind::kBigNumber:
      return "(big number) " + value.text;
    case Kind::kVerbatim:
      return value.text.substr(4);
    default:
      return RenderAggregate(value, indent);
  }
}

std::string RenderAggregate(const ReplyValue& value, const std::string& indent) {
  const bool is_map = value.kind == Kind::kMap;
  const bool is_set = value.kind == Kind::kSet;
  if (value.elements.empty()) {
    return is_map ? "(empty hash)" : is_set ? "(empty set)" : "(empty array)";
  }
  const char mark = is_map ? '#' : is_set ? '~' : ')';
  const size_t step = is_map ? 2 : 1;
  const size_t count = value.elements.size() / step;
  const size_t width = std::to_string(count).size();
  const std::string deeper = indent + std::string(width + 2, ' ');
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i + 1);
    if (i > 0) out += "\n" + indent;
    out += std::string(width - number.size(), ' ') + number + mark + ' ';
    out += Render(value.elements[i * step], deeper);
    if (is_map) out += " => " + Render(value.elements[i * step + 1], deeper + "   ");
  }
  return out;
}

ReplyValue Make(Kind kind, std::string_view text, std::vector<ReplyValue> elements = {}) {
  ReplyValue value;
  value.kind = kind;
  value.text = text;
  value.elements = std::move(elements);
  return value;
}

}  // namespace

bool ReplyValue::operator==(const ReplyValue& other) const {
  return kind == other.kind && integer == other.integer && text == other.text &&
         elements == other.elements && attributes == other.attributes;
}

double ReplyValue::as_double() const {
  return ParseDouble(text).value_or(std::numeric_limits<double>::quiet_NaN());
}

std::string ToText(const ReplyValue& value) {
  return Render(value, "");
}

std::ostream& operator<<(std::ostream& out, const ReplyValue& value) {
  return out << ToText(value);
}

ReplyOutcome ParseReply(std::string_view bytes, ReplyValue* value, size_t* used) {
  Reader reader(bytes);
  const ReplyOutcome outcome = reader.Read(value, 0);
  *used = outcome == ReplyOutcome::kReply ? reader.used() : 0;
  return outcome;
}

bool ParseReplies(std::string_view bytes, std::vector<ReplyValue>* values) {
  while (!bytes.empty()) {
    ReplyValue value;
    size_t used = 0;
    if (ParseReply(bytes, &value, &used) != ReplyOutcome::kReply) return false;
    values->push_back(std::move(value));
    bytes.remove_prefix(used);
  }
  return true;
}

std::string EncodeRequest(const std::vector<std::string>& words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return out;
}

namespace reply {

ReplyValue Nil() {
  return Make(Kind::kNull, "");
}
ReplyValue NilArray() {
  return Make(Kind::kNullArray, "");
}
ReplyValue Simple(std::string_view text) {
  return Make(Kind::kSimple, text);
}
ReplyValue Ok() {
  return Simple("OK");
}
ReplyValue Error(std::string_view text) {
  return Make(Kind::kError, text);
}
ReplyValue Int(int64_t value) {
  ReplyValue out = Make(Kind::kInteger, "");
  out.integer = value;
  return out;
}
ReplyValue Bulk(std::string_view bytes) {
  return Make(Kind::kBulk, bytes);
}
ReplyValue Array(std::vector<ReplyValue> elements) {
  return Make(Kind::kArray, "", std::move(elements));
}
ReplyValue Bulks(std::initializer_list<std::string_view> elements) {
  std::vector<ReplyValue> values;
  for (const std::string_view element : elements) values.push_back(Bulk(element));
  return Array(std::move(values));
}
ReplyValue Map(std::vector<ReplyValue> keys_and_values) {
  return Make(Kind::kMap, "", std::move(keys_and_values));
}
ReplyValue Set(std::vector<ReplyValue> elements) {
  return Make(Kind::kSet, "", std::move(elements));
}
ReplyValue Push(std::vector<ReplyValue> elements) {
  return Make(Kind::kPush, "", std::move(elements));
}
ReplyValue Double(std::string_view text) {
  return Make(Kind::kDouble, text);
}
ReplyValue Bool(bool value) {
  ReplyValue out = Make(Kind::kBool, "");
  out.integer = value ? 1 : 0;
  return out;
}
ReplyValue BigNumber(std::string_view digits) {
  return Make(Kind::kBigNumber, digits);
}
ReplyValue Verbatim(std::string_view format, std::string_view text) {
  return Make(Kind::kVerbatim, std::string(format) + ":" + std::string(text));
}

}  // namespace reply

}  // namespace gotthard
