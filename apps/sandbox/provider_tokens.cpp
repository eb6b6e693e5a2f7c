#include "apps/sandbox/provider_tokens.hpp"

#include <strings.h>

#include "apps/sandbox/jwt.hpp"

namespace dispatch::sandbox {

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return {};
  if (strncasecmp(authorization.data(), scheme.data(), scheme.size()) != 0) return {};
  return authorization.substr(scheme.size());
}

provider_tokens::verdict provider_tokens::check(std::string_view authorization, std::int64_t now_s) {
  const auto token = bearer_token(authorization);
  if (token.empty()) return verdict::missing;
  std::lock_guard lock(mutex_);
  std::int64_t issued_at = 0;
  if (const auto known = issued_at_s_.find(token); known != issued_at_s_.end()) {
    issued_at = known->second;
  } else {
    const auto parsed = parse_jwt(token);
    if (!parsed || parsed->header_text("kid") != key_id_ || parsed->claim_text("iss") != team_id_) {
      return verdict::invalid;
    }
    const auto claimed = parsed->claim_seconds("iat");
    if (!claimed || !verify_es256(*parsed, key_)) return verdict::invalid;
    issued_at = *claimed;
    if (by_age_.size() >= capacity) {
      issued_at_s_.erase(by_age_.front());
      by_age_.pop_front();
    }
    issued_at_s_.emplace(std::string(token), issued_at);
    by_age_.emplace_back(token);
  }
  if (issued_at > now_s + clock_skew_s) return verdict::invalid;
  return issued_at + max_age_s < now_s ? verdict::expired : verdict::good;
}

}  // namespace dispatch::sandbox
