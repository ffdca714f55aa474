#include "commands/sketch_payload.h"

#include <string>

#include "commands/sketch_helpers.h"
#include "types/bloom_filter.h"
#include "types/count_min_sketch.h"
#include "types/cuckoo_filter.h"
#include "types/t_digest.h"
#include "types/top_k.h"

namespace gotthard {
namespace {

constexpr uint8_t kRdbModule = 7;
constexpr uint64_t kString = 5;
constexpr uint64_t kEnd = 0;
// Far from the versions of the module that these types are named after, whose bytes are others.
constexpr uint64_t kOwnVersion = 1000;

uint64_t ModuleId(Type type) {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  uint64_t id = 0;
  for (char c : TypeName(type)) id = id << 6 | kCharacters.find(c);
  return id << 10 | kOwnVersion;
}

template <typename Sketch>
bool LoadAs(Type type, std::string_view bytes, LoadedValue& value) {
  std::unique_ptr<Sketch> sketch = Sketch::Parse(bytes);
  if (sketch == nullptr) return false;
  value.SetObject(type, Encoding::kRaw, sketch.release(), kSketchOps<Sketch>);
  return true;
}

}  // namespace

void SaveSketch(Type type, std::string_view bytes, RdbWriter& out) {
  out.Byte(kRdbModule);
  out.Length(ModuleId(type));
  out.Length(kString);
  out.String(bytes);
  out.Length(kEnd);
}

bool ReadsSketch(uint8_t rdb_type) {
  return rdb_type == kRdbModule;
}

bool LoadSketch(uint8_t /*rdb_type*/, RdbReader& in, ServerState& /*server*/, LoadedValue& value) {
  const uint64_t id = in.Length();
  if (in.Length() != kString) return false;
  std::string scratch;
  const std::string_view bytes = in.String(scratch);
  if (!in.ok() || in.Length() != kEnd || !in.ok()) return false;
  if (id == ModuleId(Type::kBloom)) return LoadAs<BloomFilter>(Type::kBloom, bytes, value);
  if (id == ModuleId(Type::kCuckoo)) return LoadAs<CuckooFilter>(Type::kCuckoo, bytes, value);
  if (id == ModuleId(Type::kCountMin)) return LoadAs<CountMinSketch>(Type::kCountMin, bytes, value);
  if (id == ModuleId(Type::kTopK)) return LoadAs<TopK>(Type::kTopK, bytes, value);
  if (id == ModuleId(Type::kTDigest)) return LoadAs<TDigest>(Type::kTDigest, bytes, value);
  return false;
}

}  // namespace gotthard
