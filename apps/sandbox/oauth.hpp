#pragma once

#include <cstdint>
#include <string_view>

#include "apps/sandbox/answer.hpp"
#include "apps/sandbox/openssl_handles.hpp"

namespace dispatch::sandbox {

struct oauth_rules {
  EVP_PKEY* key;
  std::string_view issuer;
  std::string_view audience;
};

enum class grant_problem { none, unsupported_grant_type, invalid_grant, invalid_scope };

// Judges the form of RFC 7523 section 2.1 as Google's endpoint does: signature, iss, aud, iat and exp (at
// most an hour apart, 5 min of skew), scope. `detail` is a literal for error_description.
grant_problem judge_grant(std::string_view form, const oauth_rules& rules, std::int64_t now_s,
                          std::string_view& detail);

void oauth_error(answer& out, int status, std::string_view error, std::string_view description);

}  // namespace dispatch::sandbox
