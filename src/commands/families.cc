#include "commands/families.h"

#include <array>

namespace gotthard {

std::span<const std::span<const CommandSpec>> AllFamilies() {
  // One a line, so that families can be added side by side.
  // clang-format off
  static const std::array kFamilies = {
      StringCommands(),
      KeyCommands(),
      ConnectionCommands(),
      ClientCommands(),
      TransactionCommands(),
      ServerCommands(),
      ConfigCommands(),
      CommandCommands(),
      MemoryCommands(),
      SlowLogCommands(),
      LatencyCommands(),
      DebugCommands(),
      BitmapCommands(),
      HyperLogLogCommands(),
      ZsetCommands(),
      HashCommands(),
      BloomCommands(),
      CuckooCommands(),
      CountMinCommands(),
      TopKCommands(),
      TDigestCommands(),
      SetCommands(),
      ListCommands(),
      SortCommands(),
      GeoCommands(),
      StreamCommands(),
  };
  // clang-format on
  return kFamilies;
}

}  // namespace gotthard
