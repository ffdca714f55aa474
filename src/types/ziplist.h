// The packed formats that RDB files had before listpacks: read, never written.
//
//   ziplist: u32 bytes | u32 offset of the last entry | u16 entries, 65535 = count | entry ... | ff
//     entry: length of the one before: u8, or 0xfe u32, little endian
//            00llllll text | 01llllll llllllll text | 0x80 u32 big endian text
//            0xc0 i16 | 0xd0 i32 | 0xe0 i64 | 0xf0 i24 | 0xfe i8 | 0xf1..0xfd 0..12
//   zipmap:  u8 pairs, 254 = count | field | value ... | ff
//     field: length: u8, or 0xfe u32 | text      value: length | u8 spare | text | spare bytes
//
// Both are checked as they are read: nothing is trusted.
//
// Owning thread: any; pure functions.
#pragma once

#include <string_view>

#include "base/function_ref.h"
#include "types/listpack.h"

namespace gotthard {

// Shows each entry. False when the bytes are no ziplist; what was shown before is to be forgotten.
bool ReadZiplist(std::string_view bytes, FunctionRef<void(const PackedItem&)> visit);
// Shows each field and its value. False as above.
bool ReadZipmap(std::string_view bytes,
                FunctionRef<void(std::string_view field, std::string_view value)> visit);

}  // namespace gotthard
