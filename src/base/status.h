// Status and Result: how everything in Gotthard fails.
//
// A Status is one pointer: null is success, anything else points at the error's text. Errors whose
// text is known at compile time (`constexpr ErrorText kSyntax{"ERR syntax error"}`) cost nothing to
// return; a text that is built at run time lives on the heap and is owned by the Status.
//
// The text of an error that can reach a client begins with its code in capitals ("ERR ...",
// "WRONGTYPE ..."), as the Redis protocol wants it, without the leading '-' and without CRLF.
//
// Owning thread: any; a Status is a value. Moving from a Status leaves it OK.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace gotthard {

// An error text with static storage. Declare as `inline constexpr ErrorText kName{"ERR ..."};`.
struct ErrorText {
  std::string_view text;
};

class [[nodiscard]] Status {
 public:
  constexpr Status() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `return kSyntaxError;` is the point.
  constexpr Status(const ErrorText& text) : static_(&text) {}
  static Status Ok() { return {}; }
  // An error with a text made at run time, code first: Status::Error("ERR unknown command 'x'").
  static Status Error(std::string text) {
    Status status;
    status.owned_ = new std::string(std::move(text));
    return status;
  }

  Status(Status&& other) noexcept
      : static_(std::exchange(other.static_, nullptr)),
        owned_(std::exchange(other.owned_, nullptr)) {}
  Status& operator=(Status&& other) noexcept {
    if (this != &other) {
      delete owned_;
      static_ = std::exchange(other.static_, nullptr);
      owned_ = std::exchange(other.owned_, nullptr);
    }
    return *this;
  }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  ~Status() { delete owned_; }

  bool ok() const { return static_ == nullptr && owned_ == nullptr; }
  // The error's text; empty when ok().
  std::string_view text() const {
    if (static_ != nullptr) return static_->text;
    return owned_ != nullptr ? std::string_view(*owned_) : std::string_view();
  }

 private:
  const ErrorText* static_ = nullptr;
  std::string* owned_ = nullptr;
};

// A T or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTBEGIN(google-explicit-constructor): values and errors are returned as they are.
  Result(T value) : value_(std::in_place_index<0>, std::move(value)) {}
  Result(Status status) : value_(std::in_place_index<1>, std::move(status)) {
    assert(!std::get<1>(value_).ok() && "a Result needs a value or an error");
  }
  Result(const ErrorText& text) : value_(std::in_place_index<1>, Status(text)) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const { return value_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // REQUIRES: ok().
  T& value() { return std::get<0>(value_); }
  const T& value() const { return std::get<0>(value_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  // REQUIRES: !ok(). Moves the error out, to be returned.
  Status error() { return std::move(std::get<1>(value_)); }
  std::string_view error_text() const { return std::get<1>(value_).text(); }

 private:
  std::variant<T, Status> value_;
};

// Leaves the function with the error, if there is one.
#define GOTTHARD_RETURN_IF_ERROR(expression)                                      \
  do {                                                                            \
    if (::gotthard::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

}  // namespace gotthard
