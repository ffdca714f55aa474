// Who a client is: what AUTH, HELLO and RESET share. Execution thread.
#pragma once

#include <string_view>

#include "exec/context.h"

namespace gotthard {

// Makes the session the user's, or says WRONGPASS and leaves it as it was. There is one user,
// "default", whose password is the option requirepass.
Status Authenticate(Context& ctx, std::string_view user, std::string_view password);
// As a new connection stands: the default user's, authenticated if that needs no password.
void ResetAuthentication(Context& ctx);

}  // namespace gotthard
