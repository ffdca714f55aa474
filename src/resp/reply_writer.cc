#include "resp/reply_writer.h"

#include <algorithm>
#include <string>

namespace gotthard {
namespace {

// Formatted digits as a view; tells the compiler what bounds it, or gcc warns of overreads.
template <size_t N>
std::string_view Digits(const char (&text)[N], size_t length) {
  if (length > N) __builtin_unreachable();
  return {text, length};
}

}  // namespace

Replied ReplyWriter::Line(char type, std::string_view text) {
  char* p = out_->Reserve(text.size() + 3);
  *p++ = type;
  std::memcpy(p, text.data(), text.size());
  return EndLine(p + text.size());
}

Replied ReplyWriter::Simple(std::string_view text) {
  assert(text.find_first_of("\r\n") == std::string_view::npos);
  return Line('+', text);
}

Replied ReplyWriter::Error(std::string_view text) {
  char* p = out_->Reserve(text.size() + 3);
  *p++ = '-';
  char* end = std::copy(text.begin(), text.end(), p);
  std::replace_if(
      p, end, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return EndLine(end);
}

Replied ReplyWriter::LongBulk(std::string_view bytes) {
  Header('$', bytes.size());
  out_->Append(bytes);
  return EndLine(out_->Reserve(2));
}

Replied ReplyWriter::BulkBlob(BlobRef blob, size_t offset, size_t length) {
  Header('$', length);
  out_->AppendBlob(std::move(blob), offset, length);
  return EndLine(out_->Reserve(2));
}

Replied ReplyWriter::BulkInteger(int64_t value) {
  char digits[kMaxInt64Chars];
  return Bulk(Digits(digits, FormatInt64(digits, value)));
}

Replied ReplyWriter::Double(double value) {
  char text[kMaxDoubleChars];
  const std::string_view digits = Digits(text, FormatDouble(text, value));
  return resp3() ? Line(',', digits) : Bulk(digits);
}

Replied ReplyWriter::LongDouble(long double value) {
  const std::string digits = FormatLongDouble(value);
  return resp3() ? Line(',', digits) : Bulk(digits);
}

Replied ReplyWriter::BigNumber(std::string_view digits) {
  assert(digits.find_first_of("\r\n") == std::string_view::npos);
  return resp3() ? Line('(', digits) : Bulk(digits);
}

Replied ReplyWriter::Verbatim(std::string_view format, std::string_view text) {
  assert(format.size() == 3);
  if (!resp3()) return Bulk(text);
  Header('=', text.size() + 4);
  out_->Append(format);
  out_->Append(":");
  out_->Append(text);
  return EndLine(out_->Reserve(2));
}

Replied ReplyWriter::FillHeader(size_t mark, char type, uint64_t count) {
  char text[kHeaderRoom];
  text[0] = type;
  size_t length = 1 + FormatUint64(text + 1, count);
  text[length++] = '\r';
  text[length++] = '\n';
  out_->FillGap(mark, {text, length});
  return {};
}

}  // namespace gotthard
