// Prefetch: asks for a cache line that will be read soon.
//
// Why not __builtin_prefetch: GCC takes a function that does nothing but prefetch for one without
// effect and drops the calls to it (seen with GCC 12: a lookup loop lost both its stages and
// became four times slower, without a word). A volatile asm stays.
//
// Owning thread: any. Any address may be given, also one that is not mapped.
#pragma once

namespace gotthard {

inline void Prefetch(const void* address) {
#if defined(__x86_64__)
  __asm__ volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
#elif defined(__aarch64__)
  __asm__ volatile("prfm pldl1keep, %a0" : : "p"(address));
#else
  __builtin_prefetch(address);
#endif
}

}  // namespace gotthard
