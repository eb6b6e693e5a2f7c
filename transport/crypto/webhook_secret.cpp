#include "transport/crypto/webhook_secret.hpp"

#include "transport/crypto/base64.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::string_view version_prefix = "v1,";
constexpr std::size_t min_bytes = 24;
constexpr std::size_t max_bytes = 64;

}  // namespace

std::optional<webhook_secret> webhook_secret::parse(std::string_view text) {
  if (text.starts_with(version_prefix)) text.remove_prefix(version_prefix.size());
  if (!text.starts_with(prefix)) return std::nullopt;
  auto key = base64_decode(text.substr(prefix.size()));
  if (!key || key->size() < min_bytes || key->size() > max_bytes) return std::nullopt;
  return webhook_secret(*std::move(key));
}

sha256_digest webhook_secret::mac(std::string_view id, std::int64_t timestamp, std::string_view body) const {
  return hmac_sha256(key_, {id, ".", std::to_string(timestamp), ".", body});
}

std::string webhook_secret::sign(std::string_view id, std::int64_t timestamp, std::string_view body) const {
  return "v1," + base64(bytes_of(mac(id, timestamp, body)));
}

}  // namespace dispatch
