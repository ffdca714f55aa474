#include "resp/reply_buffer.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"

namespace gotthard {
namespace {

std::string FromIov(const ReplyBuffer& buffer, size_t max, size_t skip) {
  std::vector<iovec> iov(max);
  const size_t count = buffer.FillIov(iov.data(), max, skip);
  REQUIRE(count <= max);
  std::string bytes;
  for (size_t i = 0; i < count; ++i) {
    REQUIRE(iov[i].iov_len > 0);
    bytes.append(static_cast<const char*>(iov[i].iov_base), iov[i].iov_len);
  }
  return bytes;
}

TEST_CASE("what is appended comes out in order, across chunks and blobs") {
  ReplyBuffer buffer(64);
  CHECK(buffer.empty());
  CHECK(buffer.allocated_bytes() == 0);
  const BlobRef blob = BlobRef::Copy("0123456789");
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string part(static_cast<size_t>(i) % 90, static_cast<char>('a' + i % 26));
    buffer.Append(part);
    expected += part;
    if (i % 10 == 0) {
      buffer.AppendBlob(blob, 2, 5);
      expected += "23456";
    }
  }
  CHECK(buffer.size() == expected.size());
  CHECK(buffer.ToString() == expected);
  CHECK(FromIov(buffer, 1000, 0) == expected);
  for (size_t skip = 0; skip <= expected.size(); skip += 37) {
    REQUIRE(FromIov(buffer, 1000, skip) == expected.substr(skip));
    REQUIRE(expected.substr(skip).starts_with(FromIov(buffer, 3, skip)));
  }
  CHECK(FromIov(buffer, 1000, expected.size()).empty());
}

TEST_CASE("Clear keeps the first chunk only and drops the blobs") {
  ReplyBuffer buffer(64);
  BlobRef blob = BlobRef::Copy("large");
  buffer.Append("x");
  const size_t first = buffer.allocated_bytes();
  CHECK(first == 64);
  buffer.Append(std::string(100'000, 'y'));
  buffer.AppendBlob(blob, 0, 5);
  CHECK(buffer.allocated_bytes() > 100'000);
  CHECK_FALSE(blob.unique());
  buffer.Clear();
  CHECK(buffer.empty());
  CHECK(blob.unique());
  CHECK(buffer.allocated_bytes() == first);
  buffer.Append("again");
  CHECK(buffer.ToString() == "again");
  CHECK(buffer.allocated_bytes() == first);
}

TEST_CASE("a first reply larger than the first chunk does not make the kept chunk larger") {
  ReplyBuffer buffer(64);
  buffer.Append(std::string(5'000, 'z'));
  CHECK(buffer.ToString() == std::string(5'000, 'z'));
  buffer.Clear();
  CHECK(buffer.allocated_bytes() == 64);
}

TEST_CASE("moving takes everything along and leaves an empty, usable buffer") {
  ReplyBuffer from(64);
  from.Append("abc");
  from.AppendBlob(BlobRef::Copy("def"), 0, 3);
  from.Append("ghi");
  ReplyBuffer to = std::move(from);
  CHECK(to.ToString() == "abcdefghi");
  CHECK(from.empty());  // NOLINT(bugprone-use-after-move): says what move leaves
  from.Append("new");
  CHECK(from.ToString() == "new");
  to = std::move(from);
  CHECK(to.ToString() == "new");
}

TEST_CASE("gaps, truncation, blobs and chunks agree with a plain string") {
  Random random(21);
  const BlobRef blob = BlobRef::Copy(std::string(50, '#'));
  for (int round = 0; round < 3'000; ++round) {
    ReplyBuffer buffer(32 + random.Below(200));
    std::string model;
    std::vector<size_t> gaps;
    const uint64_t steps = random.Below(60);
    for (uint64_t step = 0; step < steps; ++step) {
      switch (random.Below(6)) {
        case 0:
          gaps.push_back(buffer.Gap());
          REQUIRE(gaps.back() == model.size());
          model += "????";
          break;
        case 1:
          if (!gaps.empty()) {
            const std::string text(random.Below(24) + 1, static_cast<char>('A' + step % 26));
            buffer.FillGap(gaps.back(), text);
            model.replace(gaps.back(), ReplyBuffer::kGapBytes, text);
            gaps.pop_back();
          }
          break;
        case 2:
          buffer.AppendBlob(blob, 10, step % 40);
          model.append(step % 40, '#');
          break;
        case 3:
          if (random.Below(8) == 0) {
            // Only where no gap is cut in two.
            const size_t least = gaps.empty() ? 0 : gaps.back() + ReplyBuffer::kGapBytes;
            const size_t keep = least + random.Below(model.size() - least + 1);
            buffer.Truncate(keep);
            model.resize(keep);
          }
          break;
        default: {
          const std::string text(random.Below(random.Below(20) == 0 ? 40'000 : 70),
                                 static_cast<char>('a' + step % 26));
          buffer.Append(text);
          model += text;
        }
      }
      REQUIRE(buffer.size() == model.size());
    }
    while (!gaps.empty()) {
      buffer.FillGap(gaps.back(), "<header>");
      model.replace(gaps.back(), ReplyBuffer::kGapBytes, "<header>");
      gaps.pop_back();
    }
    INFO("round " << round);
    REQUIRE(buffer.ToString() == model);
    REQUIRE(FromIov(buffer, 500, model.size() / 2) == model.substr(model.size() / 2));
  }
}

TEST_CASE("a gap far behind is filled without moving what follows") {
  ReplyBuffer buffer(1 << 20);
  const size_t gap = buffer.Gap();
  const std::string body(500'000, 'b');
  buffer.Append(body);
  buffer.FillGap(gap, "*123456\r\n");
  CHECK(buffer.ToString() == "*123456\r\n" + body);
  buffer.Append("tail");
  CHECK(buffer.ToString() == "*123456\r\n" + body + "tail");
}

}  // namespace
}  // namespace gotthard
