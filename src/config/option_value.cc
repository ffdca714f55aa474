// How the values of the plain types are read and written: yes/no, integers with their units, words,
// enumerations. Error texts are those of Redis, which clients and its test suite know.
#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "base/numbers.h"
#include "base/split_args.h"
#include "config/custom_options.h"
#include "config/option_table.h"

namespace gotthard {

namespace {

std::string Octal(int64_t value) {
  char text[32];
  return {text, static_cast<size_t>(snprintf(text, sizeof(text), "%" PRIo64, value))};
}

Status SetBool(bool* value, const std::string& word) {
  if (EqualNoCase(word, "yes")) {
    *value = true;
  } else if (EqualNoCase(word, "no")) {
    *value = false;
  } else {
    return Status::Error("argument must be 'yes' or 'no'");
  }
  return Status::Ok();
}

// 5% is -5.
std::optional<int64_t> ParsePercent(const std::string& word) {
  if (word.size() < 2 || word.back() != '%') return std::nullopt;
  const auto percent = ParseInt64(std::string_view(word).substr(0, word.size() - 1));
  if (!percent || *percent < 0) return std::nullopt;
  return -*percent;
}

std::optional<int64_t> ParseOctal(const std::string& word) {
  char* end = nullptr;
  errno = 0;
  const int64_t value = strtoll(word.c_str(), &end, 8);
  if (word.empty() || errno != 0 || end != word.c_str() + word.size()) return std::nullopt;
  return value;
}

Result<int64_t> ParseInteger(const OptionRow& row, const std::string& word) {
  if (row.Has(kOptMemory)) {
    // Above INT64_MAX bytes nothing can be set apart from "as much as there is".
    if (const auto bytes = ParseMemory(word)) {
      return static_cast<int64_t>(std::min<uint64_t>(*bytes, INT64_MAX));
    }
    if (row.Has(kOptPercent)) {
      if (const auto percent = ParsePercent(word)) return *percent;
      return Status::Error("argument must be a memory or percent value");
    }
    return Status::Error("argument must be a memory value");
  }
  if (row.Has(kOptOctal)) {
    if (const auto value = ParseOctal(word)) return *value;
    return Status::Error("argument couldn't be parsed as an octal number");
  }
  if (const auto value = ParseInt64(word)) return *value;
  return Status::Error("argument couldn't be parsed into an integer");
}

Status SetInteger(const OptionRow& row, int64_t* value, const std::string& word) {
  if (row.Has(kOptAutoIsZero) && EqualNoCase(word, "auto")) {
    *value = 0;
    return Status::Ok();
  }
  auto parsed = ParseInteger(row, word);
  if (!parsed) return parsed.error();
  if (row.Has(kOptPercent) && *parsed < 0) {
    if (*parsed < row.min) {
      return Status::Error("percentage argument must be less or equal to " + FormatInt64(-row.min));
    }
  } else if (*parsed < row.min || *parsed > row.max) {
    const bool octal = row.Has(kOptOctal);
    return Status::Error("argument must be between " +
                         (octal ? Octal(row.min) : FormatInt64(row.min)) + " and " +
                         (octal ? Octal(row.max) : FormatInt64(row.max)) + " inclusive" +
                         (row.Has(kOptAutoIsZero) ? ", or 'auto'" : ""));
  }
  *value = *parsed;
  return Status::Ok();
}

std::string GetInteger(const OptionRow& row, int64_t value) {
  if (row.Has(kOptAutoIsZero) && value == 0) return "auto";
  if (row.Has(kOptPercent) && value < 0) return FormatInt64(-value) + "%";
  return row.Has(kOptOctal) ? Octal(value) : FormatInt64(value);
}

Status SetWord(const OptionRow& row, std::string* value, const std::string& word) {
  if (row.check != nullptr) {
    if (const std::string_view wrong = row.check(word); !wrong.empty()) {
      return Status::Error(std::string(wrong));
    }
  }
  *value = word;
  return Status::Ok();
}

std::string EnumNames(const OptionRow& row) {
  std::string names;
  for (const EnumValue& value : row.values) {
    if (!names.empty()) names += ", ";
    names += value.name;
  }
  return names;
}

// With kOptMultiArg the values are bits, and several words add up.
Status SetEnum(const OptionRow& row, int* value, std::span<const std::string> words) {
  int sum = 0;
  bool known = !words.empty();
  for (const std::string& word : words) {
    const auto found =
        std::find_if(row.values.begin(), row.values.end(),
                     [&](const EnumValue& candidate) { return EqualNoCase(candidate.name, word); });
    known = known && found != row.values.end();
    if (known) sum |= found->value;
  }
  if (!known) {
    return Status::Error("argument(s) must be one of the following: " + EnumNames(row));
  }
  if (row.Has(kOptMultiArg) && (sum & Config::kShutdownSave) && (sum & Config::kShutdownNosave)) {
    return Status::Error("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  *value = sum;
  return Status::Ok();
}

std::string GetEnum(const OptionRow& row, int value) {
  std::string names;
  for (const EnumValue& candidate : row.values) {
    if (candidate.value == value) return std::string(candidate.name);
    if (row.Has(kOptMultiArg) && candidate.value != 0 &&
        (value & candidate.value) == candidate.value) {
      if (!names.empty()) names += ' ';
      names += candidate.name;
    }
  }
  return names.empty() ? "unknown" : names;
}

}  // namespace

std::string FormatMemory(int64_t bytes) {
  constexpr std::pair<int64_t, const char*> kUnits[] = {
      {1 << 30, "gb"}, {1 << 20, "mb"}, {1 << 10, "kb"}};
  for (const auto& [unit, name] : kUnits) {
    if (bytes > 0 && bytes % unit == 0) return FormatInt64(bytes / unit) + name;
  }
  return FormatInt64(bytes);
}

Status SetOption(const OptionRow& row, Config& config, std::span<const std::string> args,
                 const SetOptionContext& context) {
  if (const auto* custom = std::get_if<const CustomOption*>(&row.member)) {
    return (*custom)->set(config, args, context);
  }
  if (const auto* value = std::get_if<int Config::*>(&row.member)) {
    if (!row.Has(kOptMultiArg) && args.size() != 1) {
      return Status::Error("wrong number of arguments");
    }
    return SetEnum(row, &(config.**value), args);
  }
  if (args.size() != 1) return Status::Error("wrong number of arguments");
  if (const auto* value = std::get_if<bool Config::*>(&row.member)) {
    // A file may ask for what this server refuses at run time: it must still load.
    if (row.check != nullptr && !context.from_file) {
      if (const std::string_view wrong = row.check(args[0]); !wrong.empty()) {
        return Status::Error(std::string(wrong));
      }
    }
    return SetBool(&(config.**value), args[0]);
  }
  if (const auto* value = std::get_if<int64_t Config::*>(&row.member)) {
    return SetInteger(row, &(config.**value), args[0]);
  }
  return SetWord(row, &(config.*std::get<std::string Config::*>(row.member)), args[0]);
}

std::string GetOption(const OptionRow& row, const Config& config) {
  if (const auto* custom = std::get_if<const CustomOption*>(&row.member)) {
    return (*custom)->get(config);
  }
  if (const auto* value = std::get_if<bool Config::*>(&row.member)) {
    return config.**value ? "yes" : "no";
  }
  if (const auto* value = std::get_if<int64_t Config::*>(&row.member)) {
    return GetInteger(row, config.**value);
  }
  if (const auto* value = std::get_if<int Config::*>(&row.member)) {
    return GetEnum(row, config.**value);
  }
  return config.*std::get<std::string Config::*>(row.member);
}

std::vector<std::string> OptionLines(const OptionRow& row, const Config& config) {
  const std::string name(row.name);
  if (const auto* custom = std::get_if<const CustomOption*>(&row.member)) {
    return (*custom)->lines(config);
  }
  if (const auto* value = std::get_if<std::string Config::*>(&row.member)) {
    const std::string& word = config.**value;
    if (word.empty() && row.Has(kOptUnsetIfEmpty)) return {};
    return {name + ' ' + QuoteArg(word)};
  }
  if (const auto* value = std::get_if<int64_t Config::*>(&row.member);
      value != nullptr && row.Has(kOptMemory) && config.**value >= 0) {
    return {name + ' ' + FormatMemory(config.**value)};
  }
  return {name + ' ' + GetOption(row, config)};
}

std::string OptionTakes(const OptionRow& row) {
  if (const auto* custom = std::get_if<const CustomOption*>(&row.member)) {
    return std::string((*custom)->takes);
  }
  if (std::holds_alternative<bool Config::*>(row.member)) return "yes or no";
  if (std::holds_alternative<int Config::*>(row.member)) {
    return (row.Has(kOptMultiArg) ? "any of: " : "one of: ") + EnumNames(row);
  }
  if (std::holds_alternative<std::string Config::*>(row.member)) {
    return "one word, in quotes if it is empty or has blanks in it";
  }
  if (row.Has(kOptOctal)) return "an octal number from " + Octal(row.min) + " to " + Octal(row.max);
  const int64_t min = row.Has(kOptPercent) ? 0 : row.min;
  std::string takes;
  if (row.Has(kOptMemory)) {
    takes = "a number of bytes, such as 100mb or 1gb";
    if (min > 0) takes += ", at least " + FormatMemory(min);
    if (row.Has(kOptPercent)) takes += ", or a share such as 5%";
  } else if (row.max >= INT32_MAX) {
    takes = min == INT32_MIN ? "a whole number" : "a whole number from " + FormatInt64(min);
  } else {
    takes = "a whole number from " + FormatInt64(min) + " to " + FormatInt64(row.max);
  }
  return row.Has(kOptAutoIsZero) ? takes + ", or auto" : takes;
}

}  // namespace gotthard
