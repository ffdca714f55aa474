#include "commands/data_digest.h"

#include <openssl/sha.h>

#include "commands/type_hooks.h"

namespace gotthard {

static_assert(SHA_DIGEST_LENGTH == 20, "a digest is a SHA-1 sum");

void DataDigest::Add(std::string_view data) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> sum{};
  SHA1(reinterpret_cast<const unsigned char*>(data.data()), data.size(), sum.data());
  for (size_t i = 0; i < sum.size(); ++i) digest_[i] ^= sum[i];
}

void DataDigest::Mix(std::string_view data) {
  Add(data);
  std::array<unsigned char, SHA_DIGEST_LENGTH> before = digest_;
  SHA1(before.data(), before.size(), digest_.data());
}

void DataDigest::MixNumber(uint32_t number) {
  const char bytes[4] = {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
                         static_cast<char>(number >> 8), static_cast<char>(number)};
  Mix({bytes, sizeof(bytes)});
}

void DataDigest::MixValue(const Entry& entry) {
  // Redis numbers its types as Type does.
  MixNumber(static_cast<uint32_t>(entry.type()));
  if (entry.type() == Type::kString) {
    char buffer[24];
    Mix(entry.ValueText(buffer));
  }
  if (const auto digest = HooksOf(entry.type()).digest; digest != nullptr) digest(entry, *this);
  if (entry.has_expiry()) Add("!!expire!!");
}

std::string DataDigest::Hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned char byte : digest_) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace gotthard
