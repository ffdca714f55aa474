// InfoSection: writes "# Title" and the "name:value" lines of a section of INFO.
#pragma once

#include <concepts>
#include <cstdio>
#include <string>
#include <string_view>

namespace gotthard {

class InfoSection {
 public:
  InfoSection(std::string& out, std::string_view title) : out_(out) {
    if (!out_.empty()) out_.append("\r\n");
    out_.append("# ").append(title).append("\r\n");
  }
  void Field(std::string_view name, std::string_view value) {
    out_.append(name).append(":").append(value).append("\r\n");
  }
  void Field(std::string_view name, const char* value) { Field(name, std::string_view(value)); }
  template <std::integral Integer>
  void Field(std::string_view name, Integer value) {
    Field(name, std::string_view(std::to_string(value)));
  }
  // With two decimals, and `unit` behind.
  void Decimal(std::string_view name, double value, std::string_view unit = "") {
    char text[64];
    int size = std::snprintf(text, sizeof(text), "%.2f", value);
    out_.append(name).append(":").append(text, static_cast<size_t>(size)).append(unit);
    out_.append("\r\n");
  }

 private:
  std::string& out_;
};

}  // namespace gotthard
