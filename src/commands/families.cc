#include "commands/families.h"

#include <array>

namespace gotthard {

std::span<const std::span<const CommandSpec>> AllFamilies() {
  static const std::array kFamilies = {
      StringCommands(),      KeyCommands(),         ConnectionCommands(), ClientCommands(),
      TransactionCommands(), ServerCommands(),      ConfigCommands(),     CommandCommands(),
      MemoryCommands(),      SlowLogCommands(),     LatencyCommands(),    DebugCommands(),
      BitmapCommands(),      HyperLogLogCommands(), ZsetCommands(),
  };
  return kFamilies;
}

}  // namespace gotthard
