// Error texts that more than one command family returns, with Redis's wording (it is the contract).
#pragma once

#include "base/status.h"

namespace gotthard {

inline constexpr ErrorText kErrSyntax{"ERR syntax error"};
inline constexpr ErrorText kErrWrongType{
    "WRONGTYPE Operation against a key holding the wrong kind of value"};
inline constexpr ErrorText kErrNotInteger{"ERR value is not an integer or out of range"};
inline constexpr ErrorText kErrNotFloat{"ERR value is not a valid float"};
inline constexpr ErrorText kErrNoSuchKey{"ERR no such key"};
inline constexpr ErrorText kErrOutOfRange{"ERR index out of range"};
inline constexpr ErrorText kErrNegativeCount{"ERR value is out of range, must be positive"};
inline constexpr ErrorText kErrDbIndex{"ERR DB index is out of range"};
inline constexpr ErrorText kErrStringTooLong{
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)"};
inline constexpr ErrorText kErrNoAuth{"NOAUTH Authentication required."};
inline constexpr ErrorText kErrExecAbort{
    "EXECABORT Transaction discarded because of previous errors."};

}  // namespace gotthard
