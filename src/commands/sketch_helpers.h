// What the families of probabilistic types share: ObjectOps from a class, lookups, arguments.
//
// Owning thread: the execution thread; the ObjectOps any thread that owns the object.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/memory.h"
#include "base/numbers.h"
#include "commands/data_digest.h"
#include "commands/expiry_args.h"
#include "commands/sketch_payload.h"
#include "commands/type_hooks.h"
#include "exec/args.h"
#include "exec/context.h"
#include "types/stepwise_copy.h"
#include "types/zeroed_bytes.h"

namespace gotthard {

// Freeing is one call of the allocator for each large array, but pages go back to the system.
inline constexpr size_t kSketchEffortBytes = 64 * 1024;

template <typename Sketch>
Sketch& SketchOf(const Entry& entry) {
  return *static_cast<Sketch*>(entry.object());
}

template <typename Sketch>
void* CloneSketch(const void* object) {
  const auto& sketch = *static_cast<const Sketch*>(object);
  if constexpr (requires { sketch.Clone(); }) {
    if (auto copy = sketch.Clone()) return copy.release();
    // COPY has no answer for this; says how much was wanted and ends the process.
    std::free(MustMalloc(sketch.memory_bytes()));
    return sketch.Clone().release();
  } else {
    return new Sketch(sketch);
  }
}

template <typename Sketch>
class SketchCopy final : public StepwiseCopy {
 public:
  explicit SketchCopy(const Sketch& from) : copy_(from.CopyLater(rest_)) {}

  bool has_memory() const { return copy_ != nullptr; }
  bool Step() override { return ZeroedBytes::CopySome(rest_, kStepBytes); }
  void* Release() override { return copy_.release(); }

 private:
  std::vector<ZeroedBytes::Rest> rest_;
  std::unique_ptr<Sketch> copy_;
};

// None of a t-digest, which reading changes.
template <typename Sketch>
std::unique_ptr<StepwiseCopy> BeginSketchCopy(const void* object) {
  const auto& sketch = *static_cast<const Sketch*>(object);
  if constexpr (requires { sketch.Clone(); }) {
    auto copy = std::make_unique<SketchCopy<Sketch>>(sketch);
    if (copy->has_memory()) return copy;
  }
  return nullptr;
}

template <typename Sketch>
inline constexpr ObjectOps kSketchOps = {
    .destroy = [](void* object) { delete static_cast<Sketch*>(object); },
    .clone = CloneSketch<Sketch>,
    .memory_bytes =
        [](const void* object) { return static_cast<const Sketch*>(object)->memory_bytes(); },
    .free_effort =
        [](const void* object) {
          return 1 + static_cast<const Sketch*>(object)->memory_bytes() / kSketchEffortBytes;
        },
    .begin_copy = BeginSketchCopy<Sketch>,
};

// A sketch's bytes; of a copy where writing it down changes it.
template <typename Sketch>
std::string BytesOfSketch(const Entry& entry) {
  const Sketch& sketch = SketchOf<Sketch>(entry);
  if constexpr (requires { sketch.Serialise(); }) {
    return sketch.Serialise();
  } else {
    return Sketch(sketch).Serialise();
  }
}

template <typename Sketch>
TypeHooks SketchHooks() {
  return {
      .ops = &kSketchOps<Sketch>,
      .digest = [](const Entry& entry,
                   DataDigest& digest) { digest.Mix(BytesOfSketch<Sketch>(entry)); },
      .save = [](const Entry& entry,
                 RdbWriter& out) { SaveSketch(entry.type(), BytesOfSketch<Sketch>(entry), out); }};
}

// Stores a new sketch under a key that does not exist.
template <typename Sketch>
Sketch& PutSketch(Context& ctx, const Key& key, Type type, std::unique_ptr<Sketch> sketch) {
  Sketch& stored = *sketch;
  ctx.db().PutObject(key, {}, type, Encoding::kRaw, sketch.release(),
                     ExpiryToStore(ctx, /*exists=*/false, kNoExpiry));
  return stored;
}

// These types have no events of their own, as in the module they come from.
inline void SketchChanged(Context& ctx, const Key& key) {
  ctx.Changed(key, kEventGeneric, "");
}

// Truth values are integers in RESP2.
inline Replied ReplyTruth(Context& ctx, bool value) {
  return ctx.reply().Bool(value);
}

inline Status WrongArity(std::string_view command) {
  return Status::Error("ERR wrong number of arguments for '" + std::string(command) + "' command");
}

// A number as Redis modules read it: any finite double or infinity, no NaN.
inline std::optional<double> ParseSketchDouble(std::string_view text) {
  return ParseDouble(text);
}

// Where an option stands among the arguments from `first` on.
inline std::optional<size_t> FindOption(const Args& args, size_t first, std::string_view lower) {
  for (size_t i = first; i < args.size(); ++i) {
    if (IsOption(args[i], lower)) return i;
  }
  return std::nullopt;
}

}  // namespace gotthard
