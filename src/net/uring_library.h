// liburing, without what it brings along: <linux/fs.h> defines a macro BLOCK_SIZE, which is a name
// in moodycamel's queue. No owner, no state.
#pragma once

#include <liburing.h>

#undef BLOCK_SIZE
