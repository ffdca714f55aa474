// Fuzzer: bytes that pass as a listpack can be read and edited in every way without harm.
//
// The bytes lie in an allocation of their exact size, so that the sanitizer sees any access outside
// of it. Half of the inputs are the bytes as they are, half get a header and terminator that fit,
// so that mutation reaches the elements.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "types/listpack.h"

namespace gotthard {
namespace {

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "listpack_fuzz: %s\n", what);
  std::abort();
}

std::vector<std::string> Walk(std::string_view bytes) {
  const Listpack list(bytes);
  std::vector<std::string> texts;
  char buffer[24];
  for (auto at = list.First(); at != Listpack::kNone; at = list.Next(at)) {
    texts.emplace_back(list.Get(at).Text(buffer));
  }
  size_t left = texts.size();
  Check(list.Count() == left, "count");
  for (auto at = list.Last(); at != Listpack::kNone; at = list.Previous(at)) {
    Check(left > 0 && list.Get(at).Equals(texts[--left]), "backward differs from forward");
  }
  Check(left == 0, "backward ends early");
  return texts;
}

void Exercise(std::string_view bytes, uint8_t choice) {
  std::vector<std::string> texts = Walk(bytes);
  HeapPacked packed(bytes);
  const Listpack list(packed.view());
  const size_t index = choice % (texts.size() + 1);
  const auto found = list.Seek(static_cast<int64_t>(index));
  Check((found == Listpack::kNone) == (index == texts.size()), "seek");
  const auto at = found == Listpack::kNone ? list.End() : found;
  if (found != Listpack::kNone) {
    Check(list.Find(list.First(), texts[index]) <= found, "find");
    (void)list.Find(found, "7", choice % 3);
    ListpackReplace(packed, at, "-12345678");
    texts[index] = "-12345678";
  }
  ListpackInsert(packed, at, "seven");
  texts.insert(texts.begin() + static_cast<ptrdiff_t>(index), "seven");
  Check(ValidateListpack(packed.view()), "an edit broke it");
  Check(Walk(packed.view()) == texts, "an edit went wrong");
  ListpackDelete(packed, kListpackHeaderBytes, texts.size());
  Check(ValidateListpack(packed.view()) && Listpack(packed.view()).empty(), "deleting all");
}

}  // namespace
}  // namespace gotthard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gotthard;  // NOLINT(google-build-using-namespace): one function, one file
  if (size < 2) return 0;
  std::vector<char> bytes(data + 1, data + size);
  if ((data[0] & 1) != 0) {
    bytes.insert(bytes.begin(), kListpackHeaderBytes, '\xff');
    bytes.push_back('\xff');
    const auto total = static_cast<uint32_t>(bytes.size());
    for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(total >> (8 * i));
  }
  bytes.shrink_to_fit();
  const std::string_view view(bytes.data(), bytes.size());
  if (ValidateListpack(view)) Exercise(view, data[0]);
  return 0;
}
