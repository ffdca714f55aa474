#include "commands/type_hooks.h"

#include <cstddef>
#include <iterator>

#include "commands/hash.h"
#include "commands/list_rows.h"
#include "commands/set_store.h"
#include "commands/stream.h"
#include "commands/zset.h"

namespace gotthard {
namespace {

struct HookTable {
  TypeHooks of[std::size(ObjectTypes{}.ops)];

  HookTable() = default;
  TypeHooks& at(Type type) { return of[static_cast<unsigned>(type)]; }
};

const HookTable& Hooks() {
  static const HookTable kHooks = [] {
    HookTable hooks;
    hooks.at(Type::kHash) = HashHooks();
    hooks.at(Type::kSet) = SetHooks();
    hooks.at(Type::kZset) = ZsetHooks();
    hooks.at(Type::kBloom) = BloomHooks();
    hooks.at(Type::kCuckoo) = CuckooHooks();
    hooks.at(Type::kCountMin) = CountMinHooks();
    hooks.at(Type::kTopK) = TopKHooks();
    hooks.at(Type::kTDigest) = TDigestHooks();
    hooks.at(Type::kList) = ListHooks();
    hooks.at(Type::kStream) = StreamHooks();
    return hooks;
  }();
  return kHooks;
}

}  // namespace

const TypeHooks& HooksOf(Type type) {
  return Hooks().of[static_cast<unsigned>(type)];
}

ObjectTypes AllObjectTypes() {
  ObjectTypes types;
  for (size_t i = 0; i < std::size(types.ops); ++i) types.ops[i] = Hooks().of[i].ops;
  return types;
}

}  // namespace gotthard
