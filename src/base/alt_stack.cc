#include "base/alt_stack.h"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>

namespace gotthard {

AltStack::AltStack() {
  static constexpr size_t kStackBytes = 128 * 1024;
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, kStackBytes + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  memory_ = memory;
  size_ = kStackBytes + page;
  mprotect(memory_, page, PROT_NONE);  // stacks grow down into it
  stack_t stack = {};
  stack.ss_sp = static_cast<char*>(memory_) + page;
  stack.ss_size = kStackBytes;
  sigaltstack(&stack, nullptr);
}

AltStack::~AltStack() {
  if (memory_ == nullptr) return;
  stack_t stack = {};
  stack.ss_flags = SS_DISABLE;
  sigaltstack(&stack, nullptr);
  munmap(memory_, size_);
}

}  // namespace gotthard
