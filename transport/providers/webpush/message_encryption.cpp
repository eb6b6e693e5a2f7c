#include "transport/providers/webpush/message_encryption.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "transport/crypto/base64.hpp"
#include "transport/crypto/hkdf.hpp"

namespace dispatch {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t header_bytes = 86;
constexpr std::uint32_t record_size = 4'096;
constexpr char last_record = 2;  // RFC 8188 section 2: behind the plaintext of the last record

// The terminating zero belongs to each (RFC 8291 section 3.4, RFC 8188 sections 2.2 and 2.3).
constexpr auto key_info = "WebPush: info\0"sv;
constexpr auto content_key_info = "Content-Encoding: aes128gcm\0"sv;
constexpr auto nonce_info = "Content-Encoding: nonce\0"sv;

template <class Bytes>
std::string_view view(const Bytes& bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Bytes>
bool decode(std::string_view text, Bytes& into) {
  auto bytes = base64_decode_any(text);
  if (!bytes || bytes->size() != into.size()) return false;
  std::copy(bytes->begin(), bytes->end(), into.begin());
  return true;
}

struct record_keys {
  aes128_gcm::key content;
  aes128_gcm::nonce nonce;
};

record_keys derive(const p256_number& shared, const subscription_keys& keys, const seal_randomness& with) {
  std::string info(key_info);
  info.append(view(keys.open)).append(view(with.sender.open));
  const auto combined = hkdf_expand(hkdf_extract(view(keys.auth), view(shared)), info);
  const auto master = hkdf_extract(view(with.salt), view(combined));
  record_keys made;
  std::copy_n(hkdf_expand(master, content_key_info).begin(), made.content.size(), made.content.begin());
  std::copy_n(hkdf_expand(master, nonce_info).begin(), made.nonce.size(), made.nonce.begin());
  return made;
}

/// RFC 8188 section 2.1: salt, record size, and the sender's public key as the key's id.
std::string record_header(const seal_randomness& with) {
  std::string out;
  out.append(view(with.salt));
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(record_size >> shift & 255));
  out.push_back(static_cast<char>(with.sender.open.size()));
  out.append(view(with.sender.open));
  return out;
}

}  // namespace

std::optional<subscription_keys> subscription_keys::parse(std::string_view p256dh, std::string_view auth) {
  subscription_keys made;
  if (!decode(p256dh, made.open) || !decode(auth, made.auth)) return std::nullopt;
  return made;
}

std::string_view to_string(seal_status status) noexcept {
  switch (status) {
    case seal_status::ok:
      return "ok";
    case seal_status::unreadable_keys:
      return "keys.p256dh and keys.auth must be base64 of 65 and 16 bytes";
    case seal_status::not_on_curve:
      return "keys.p256dh is no point of P-256";
    case seal_status::too_large:
      return "more than 3993 bytes to encrypt";
  }
  return "unknown";
}

seal_status message_sealer::seal(std::string_view p256dh, std::string_view auth, std::string& body) {
  if (body.size() > max_plaintext) return seal_status::too_large;
  const auto keys = subscription_keys::parse(p256dh, auth);
  if (!keys) return seal_status::unreadable_keys;
  seal_randomness fresh;
  if (RAND_bytes(fresh.salt.data(), static_cast<int>(fresh.salt.size())) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  fresh.sender = curve_.generate();
  const auto done = seal(*keys, fresh, body);
  OPENSSL_cleanse(fresh.sender.secret.data(), fresh.sender.secret.size());
  return done;
}

seal_status message_sealer::seal(const subscription_keys& keys, const seal_randomness& with,
                                 std::string& body) {
  if (body.size() > max_plaintext) return seal_status::too_large;
  auto shared = curve_.shared_secret(with.sender.secret, view(keys.open));
  if (!shared) return seal_status::not_on_curve;
  auto derived = derive(*shared, keys, with);
  const auto size = body.size() + 1;
  auto sealed = record_header(with);
  sealed.reserve(header_bytes + size + aes128_gcm::tag_bytes);
  sealed.append(body).push_back(last_record);
  sealed.resize(sealed.size() + aes128_gcm::tag_bytes);
  cipher_.encrypt(derived.content, derived.nonce,
                  reinterpret_cast<unsigned char*>(sealed.data()) + header_bytes, size);
  OPENSSL_cleanse(shared->data(), shared->size());
  OPENSSL_cleanse(&derived, sizeof derived);
  body = std::move(sealed);
  return seal_status::ok;
}

seal_status message_sealer::check(std::string_view p256dh, std::string_view auth) {
  const auto keys = subscription_keys::parse(p256dh, auth);
  if (!keys) return seal_status::unreadable_keys;
  return curve_.is_point(view(keys->open)) ? seal_status::ok : seal_status::not_on_curve;
}

}  // namespace dispatch
