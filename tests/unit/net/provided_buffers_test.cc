// Buffers that the kernel chooses from: how many are provided, and when that ends.
#include "net/provided_buffers.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>

#include "net/uring_ring.h"

namespace gotthard {
namespace {

constexpr size_t kHead = ProvidedBuffers::kHeadroom;

bool IsZero(const ReadBufferRef& buffer, size_t from, size_t size) {
  const std::string zeros(size, '\0');
  return std::memcmp(buffer->data() + from, zeros.data(), size) == 0;
}

TEST_CASE("Buffers that a burst made the ring provide become fewer, and their pages go") {
  ProvidedBuffers buffers;
  Result<std::unique_ptr<UringRing>> ring = UringRing::Make();
  if (!ring.ok()) {
    WARN("skipped: " << ring.error().text());
    return;
  }
  REQUIRE(buffers.Register((*ring)->raw()).ok());
  buffers.Fill();
  REQUIRE(buffers.provided() == ProvidedBuffers::kFirst);

  // A burst; one of the buffers is used from end to end.
  while (buffers.wanted() < 64) buffers.Starved(buffers.wanted());
  buffers.Starved(1);  // a single connection in want changes nothing
  REQUIRE(buffers.wanted() == 64);
  buffers.Fill();
  REQUIRE(buffers.provided() == 64);
  {
    const ReadBufferRef used = buffers.Take(0);
    std::memset(used->data(), 'x', used->capacity());
  }
  buffers.Fill();  // provides the same one again

  // Silence: nothing is consumed, so nothing but the pages can go.
  auto rest = [&](uint32_t times) {
    for (uint32_t i = 0; i < times; ++i) buffers.Rest();
  };
  rest(ProvidedBuffers::kRests - 1);
  CHECK(buffers.wanted() == 64);
  rest(1 + ProvidedBuffers::kSlots / ProvidedBuffers::kSlotsPerRest);
  CHECK(buffers.wanted() == 32);
  CHECK(buffers.provided() == 64);
  {
    const ReadBufferRef dropped = buffers.Take(0);
    CHECK(dropped->data()[0] == 'x');  // the head's page stays
    CHECK(IsZero(dropped, 8192, 16384));
    CHECK(dropped->capacity() == ProvidedBuffers::kBufferBytes);
  }
  CHECK(buffers.provided() == 63);
  buffers.Fill();  // there are more than are wanted
  CHECK(buffers.provided() == 63);

  // It ends where it began, and a new burst begins anew.
  rest(10 * ProvidedBuffers::kRests);
  CHECK(buffers.wanted() == ProvidedBuffers::kFirst);
  for (uint16_t slot = 1; slot < 64; ++slot) {
    const ReadBufferRef taken = buffers.Take(slot);
    std::memset(taken->data() + kHead, 'y', taken->capacity() - kHead);
  }
  buffers.Fill();
  CHECK(buffers.provided() == ProvidedBuffers::kFirst);
  buffers.Starved(2);
  CHECK(buffers.wanted() == 2 * ProvidedBuffers::kFirst);
}

}  // namespace
}  // namespace gotthard
