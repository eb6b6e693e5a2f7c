#include "apps/sandbox/vapid_tokens.hpp"

#include <openssl/err.h>

#include "apps/sandbox/base64url.hpp"
#include "apps/sandbox/jwt.hpp"
#include "apps/sandbox/keys.hpp"

namespace dispatch::sandbox {
namespace {

struct parameters {
  std::string_view token, key;
};

parameters read_header(std::string_view authorization) {
  constexpr std::string_view scheme = "vapid ";
  if (!authorization.starts_with(scheme)) return {};
  authorization.remove_prefix(scheme.size());
  parameters found;
  while (!authorization.empty()) {
    auto part = authorization.substr(0, authorization.find(','));
    authorization.remove_prefix(std::min(authorization.size(), part.size() + 1));
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.starts_with("t=")) found.token = part.substr(2);
    if (part.starts_with("k=")) found.key = part.substr(2);
  }
  return found;
}

bool is_contact(std::string_view sub) {
  return sub.starts_with("mailto:") || sub.starts_with("https://");
}

// Empty: good, and then `expires` is set.
std::string_view judge(const parameters& from, std::string_view origin, std::int64_t now_s,
                       std::int64_t& expires) {
  const auto token = parse_jwt(from.token);
  const auto point = decode_base64url(from.key);
  if (!token || !point) return "no vapid token and key";
  const auto key = p256_public_key(*point);
  ERR_clear_error();
  if (!key || !verify_es256(*token, key.get())) return "bad signature";
  if (token->claim_text("aud") != origin) return "aud is not this origin";
  if (!is_contact(token->claim_text("sub"))) return "sub is neither mailto: nor https:";
  const auto claimed = token->claim_seconds("exp");
  if (!claimed) return "exp is missing";
  if (*claimed > now_s + vapid_tokens::max_lifetime_s + vapid_tokens::clock_skew_s)
    return "exp is more than a day away";
  expires = *claimed;
  return {};
}

}  // namespace

vapid_tokens::verdict vapid_tokens::check(std::string_view authorization, std::string_view origin,
                                          std::int64_t now_s) {
  const auto from = read_header(authorization);
  auto name = std::string(origin).append(" ").append(authorization);
  std::lock_guard lock(mutex_);
  std::int64_t expires = 0;
  if (const auto known = expires_s_.find(name); known != expires_s_.end()) {
    expires = known->second;
  } else {
    if (const auto problem = judge(from, origin, now_s, expires); !problem.empty()) return {problem, {}};
    if (by_age_.size() >= capacity) {
      expires_s_.erase(by_age_.front());
      by_age_.pop_front();
    }
    by_age_.push_back(name);
    expires_s_.emplace(std::move(name), expires);
  }
  if (expires <= now_s) return {"the token has expired", {}};
  return {{}, std::string(from.key)};
}

}  // namespace dispatch::sandbox
