#include <clocale>
#include <cstdint>
#include <string>

#include "config/option_rows.h"

namespace gotthard {

namespace {

bool HasSlash(std::string_view path) {
  return path.find_first_of("/\\") != path.npos;
}

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string_view CheckDbFilename(std::string_view value) {
  return HasSlash(value) ? "dbfilename can't be a path, just a filename" : "";
}

std::string_view CheckAppendFilename(std::string_view value) {
  if (value.empty()) return "appendfilename can't be empty";
  return HasSlash(value) ? "appendfilename can't be a path, just a filename" : "";
}

std::string_view CheckAppendDirname(std::string_view value) {
  if (value.empty()) return "appenddirname can't be empty";
  return HasSlash(value) ? "appenddirname can't be a path, just a dirname" : "";
}

std::string_view CheckHostname(std::string_view value) {
  if (value.size() >= 256) return "Hostnames must be less than 256 characters";
  for (const char c : value) {
    if (!IsAlnum(c) && c != '-' && c != '.') {
      return "Hostnames may only contain alphanumeric characters, hyphens or dots";
    }
  }
  return "";
}

std::string_view CheckNodename(std::string_view value) {
  // What has a meaning in the file that lists the nodes of a cluster.
  if (value.find_first_of("!#$%&()*+:;<>?@[]^{|}~") != value.npos) {
    return "Announced human node name contained invalid character";
  }
  return "";
}

std::string_view CheckTitleTemplate(std::string_view value) {
  constexpr std::string_view kInvalid = "template format is invalid or contains unknown variables";
  constexpr std::string_view kVariables[] = {"title", "listen-addr", "server-mode", "config-file",
                                             "port",  "tls-port",    "unixsocket"};
  bool has_text = false;
  for (size_t at = 0; at < value.size(); ++at) {
    if (value[at] != '{') {
      has_text = has_text || value[at] != ' ';
      continue;
    }
    if (at + 1 < value.size() && value[at + 1] == '{') {  // "{{" is a brace
      has_text = true;
      ++at;
      continue;
    }
    const size_t close = value.find('}', at);
    if (close == value.npos) return kInvalid;
    const std::string_view name = value.substr(at + 1, close - at - 1);
    bool known = false;
    for (const std::string_view variable : kVariables) known = known || variable == name;
    if (!known) return kInvalid;
    // These two may be empty; a title that is nothing else would be, too.
    has_text = has_text || (name != "title" && name != "server-mode");
    at = close;
  }
  return has_text ? "" : kInvalid;
}

std::string_view CheckLocale(std::string_view value) {
  const locale_t locale = newlocale(LC_COLLATE_MASK, std::string(value).c_str(), nullptr);
  if (locale == nullptr) return "Invalid locale name";
  freelocale(locale);
  return "";
}

std::string_view CheckActiveDefrag(std::string_view value) {
  return EqualNoCase(value, "yes")
             ? "Active defragmentation cannot be enabled: this server has none"
             : "";
}

}  // namespace gotthard
