#include "base/blob.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/thread_role.h"

namespace gotthard {
namespace {

TEST_CASE("a fresh blob is unique, empty and writable up to its capacity") {
  BlobRef blob = BlobRef::Make(100);
  CHECK(blob.unique());
  CHECK(blob->size() == 0);
  CHECK(blob->capacity() == 100);
  std::memset(blob.mutable_data(), 'x', 100);
  blob.set_size(100);
  CHECK(blob->view() == std::string(100, 'x'));
}

TEST_CASE("copies share the bytes, and the last one left is unique again") {
  BlobRef first = BlobRef::Copy("hello");
  BlobRef second = first;
  CHECK_FALSE(first.unique());
  CHECK(second->data() == first->data());
  BlobRef third = std::move(second);
  CHECK_FALSE(static_cast<bool>(second));  // NOLINT(bugprone-use-after-move): says what move leaves
  third = BlobRef();
  CHECK(first.unique());
  first = first;  // NOLINT: self-assignment must not free
  CHECK(first->view() == "hello");
}

TEST_CASE("a reference can be parked as a plain pointer") {
  BlobRef blob = BlobRef::Copy("parked");
  Blob* parked = blob.Release();
  CHECK_FALSE(static_cast<bool>(blob));
  {
    const BlobRef shared = BlobRef::Share(parked);
    CHECK_FALSE(shared.unique());
  }
  const BlobRef back = BlobRef::Adopt(parked);
  CHECK(back.unique());
  CHECK(back->view() == "parked");
  CHECK(BlobRef::Copy("")->size() == 0);
}

TEST_CASE("references may be dropped on another thread while the owner goes on") {
  for (int round = 0; round < 200; ++round) {
    BlobRef blob = BlobRef::Copy("shared across threads");
    std::atomic<bool> intact{true};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([ref = blob, &intact]() mutable {
        if (ref->view() != "shared across threads") intact = false;
        ref.Reset();
      });
    }
    if (blob.unique()) blob.mutable_data()[0] = 'X';  // only legal because unique() acquires
    for (std::thread& thread : threads) thread.join();
    REQUIRE(intact);
    REQUIRE(blob.unique());
  }
}

TEST_CASE("a role belongs to the thread that took it, for as long as its scope") {
  CHECK_FALSE(kExecutionThread.IsHeld());
  {
    const ScopedRole role(kExecutionThread);
    CHECK(kExecutionThread.IsHeld());
    CHECK_FALSE(kIoThread.IsHeld());
    {
      const ScopedRole again(kExecutionThread);
      const ScopedRole io(kIoThread);
      CHECK(kIoThread.IsHeld());
    }
    CHECK(kExecutionThread.IsHeld());
    CHECK_FALSE(kIoThread.IsHeld());
    bool held_elsewhere = true;
    std::thread([&held_elsewhere] { held_elsewhere = kExecutionThread.IsHeld(); }).join();
    CHECK_FALSE(held_elsewhere);
  }
  CHECK_FALSE(kExecutionThread.IsHeld());
}

}  // namespace
}  // namespace gotthard
