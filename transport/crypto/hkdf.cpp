#include "transport/crypto/hkdf.hpp"

#include "transport/crypto/hmac.hpp"

namespace dispatch {

sha256_digest hkdf_extract(std::string_view salt, std::string_view input) {
  return hmac_sha256(salt, {input});
}

sha256_digest hkdf_expand(const sha256_digest& key, std::string_view info) {
  return hmac_sha256(bytes_of(key), {info, "\x01"});
}

}  // namespace dispatch
