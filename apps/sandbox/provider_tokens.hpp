#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "apps/sandbox/openssl_handles.hpp"
#include "apps/sandbox/text_map.hpp"

namespace dispatch::sandbox {

// Checks APNs provider tokens (ES256 over kid, iss, iat). A signature costs some 70 us, so tokens found good
// are remembered; only their age is looked at again. Any thread.
class provider_tokens {
 public:
  static constexpr std::size_t capacity = 1024;
  static constexpr std::int64_t max_age_s = 3600;
  static constexpr std::int64_t clock_skew_s = 300;

  enum class verdict { good, missing, invalid, expired };

  provider_tokens(EVP_PKEY* key, std::string_view key_id, std::string_view team_id)
      : key_(key), key_id_(key_id), team_id_(team_id) {}

  // `authorization` is the header's value, "bearer TOKEN".
  verdict check(std::string_view authorization, std::int64_t now_s);

 private:
  EVP_PKEY* key_;
  std::string key_id_, team_id_;
  std::mutex mutex_;
  text_map<std::int64_t> issued_at_s_;
  std::deque<std::string> by_age_;
};

// The token of "bearer TOKEN" in whatever case; empty when it is none.
std::string_view bearer_token(std::string_view authorization);

}  // namespace dispatch::sandbox
