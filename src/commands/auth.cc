#include "commands/auth.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace gotthard {
namespace {

constexpr std::string_view kDefaultUser = "default";

// How long the comparison takes tells nothing of the password: digests of one length, all of them.
bool SamePassword(std::string_view a, std::string_view b) {
  unsigned char digest_a[SHA256_DIGEST_LENGTH];
  unsigned char digest_b[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(a.data()), a.size(), digest_a);
  SHA256(reinterpret_cast<const unsigned char*>(b.data()), b.size(), digest_b);
  return CRYPTO_memcmp(digest_a, digest_b, sizeof(digest_a)) == 0;
}

}  // namespace

Status Authenticate(Context& ctx, std::string_view user, std::string_view password) {
  static constexpr ErrorText kWrongPass{
      "WRONGPASS invalid username-password pair or user is disabled."};
  const std::string& wanted = ctx.config().requirepass;
  if (user != kDefaultUser || (!wanted.empty() && !SamePassword(password, wanted))) {
    ++ctx.server().stats.acl_access_denied_auth;
    return kWrongPass;
  }
  ctx.session().user = kDefaultUser;
  ctx.session().set(Session::kAuthenticated);
  return Status::Ok();
}

void ResetAuthentication(Context& ctx) {
  ctx.session().user = kDefaultUser;
  ctx.session().set(Session::kAuthenticated, ctx.config().requirepass.empty());
}

}  // namespace gotthard
