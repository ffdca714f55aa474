// LOLWUT's picture: the Gotthard, and a train about to enter it. Execution thread, or any.
#pragma once

#include <string>

#include "base/random.h"

namespace gotthard {

inline constexpr int kLolwutMinColumns = 40;
inline constexpr int kLolwutMaxColumns = 160;
inline constexpr int kLolwutDefaultColumns = 72;

// A mountain range under stars, `columns` wide, with the tunnel's portal and a train of as many
// wagons as fit. No two calls draw the same mountains. `columns` is brought into the limits above.
std::string LolwutPicture(Random& random, int columns);

}  // namespace gotthard
