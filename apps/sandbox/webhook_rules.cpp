#include "apps/sandbox/webhook_rules.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace dispatch::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view prefix = "whsec_";
constexpr std::int64_t tolerance_s = 300;
constexpr std::size_t secret_size = 32;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string encode(std::string_view raw) {
  std::string text((raw.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(raw),
                                   static_cast<int>(raw.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string expected_signature(const request& asked, std::string_view secret) {
  const auto content = asked.webhook_id + "." + asked.webhook_timestamp + "." + asked.body;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(content), content.size(),
       mac.data(), &size);
  return "v1," + encode({reinterpret_cast<const char*>(mac.data()), size});
}

bool any_is(std::string_view signatures, std::string_view expected) {
  while (!signatures.empty()) {
    const auto one = signatures.substr(0, signatures.find(' '));
    if (one.size() == expected.size() && CRYPTO_memcmp(one.data(), expected.data(), one.size()) == 0)
      return true;
    signatures.remove_prefix(std::min(one.size() + 1, signatures.size()));
  }
  return false;
}

bool is_event(std::string_view body) {
  json::error_code error;
  const auto parsed = json::parse(body, error);
  const auto* event = error ? nullptr : parsed.if_object();
  const auto has_text = [&](std::string_view name) {
    const auto* member = event->if_contains(name);
    return member != nullptr && member->is_string() && !member->get_string().empty();
  };
  return event != nullptr && has_text("type") && has_text("timestamp") && event->contains("data");
}

}  // namespace

webhook_refusal judge_webhook(const request& asked, std::string_view secret, std::int64_t now_s) {
  if (asked.method != "POST") return {405, "method"};
  if (asked.body_bytes > asked.body.size()) return {413, "too_large"};
  if (asked.webhook_id.empty()) return {401, "no_id"};
  const auto& digits = asked.webhook_timestamp;
  std::int64_t signed_at = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), signed_at);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {401, "no_timestamp"};
  if (std::llabs(now_s - signed_at) > tolerance_s) return {401, "old_timestamp"};
  if (!any_is(asked.webhook_signature, expected_signature(asked, secret))) return {401, "bad_signature"};
  if (!is_event(asked.body)) return {400, "no_event"};
  return {};
}

std::string webhook_secret_bytes(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (!text.starts_with(prefix)) throw std::runtime_error("webhook.secret does not begin with whsec_");
  text.remove_prefix(prefix.size());
  std::string raw(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(raw.data()), bytes_of(text),
                                   static_cast<int>(text.size()));
  if (size < 0) throw std::runtime_error("webhook.secret holds no base64");
  // EVP_DecodeBlock counts the padding as zero bytes.
  const auto padding = text.size() - text.find_last_not_of('=') - 1;
  raw.resize(static_cast<std::size_t>(size) - padding);
  return raw;
}

std::string make_webhook_secret() {
  std::string raw(secret_size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(raw.size())) != 1)
    throw std::runtime_error("no randomness");
  return std::string(prefix) + encode(raw);
}

}  // namespace dispatch::sandbox
