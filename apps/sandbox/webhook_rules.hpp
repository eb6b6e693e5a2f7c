#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "apps/sandbox/exchange.hpp"

namespace dispatch::sandbox {

struct webhook_refusal {
  int status = 0;  // 0: nothing is wrong
  std::string_view reason{};
};

// What a receiver of Standard Webhooks 1.0 checks: id, a timestamp within five minutes, a signature made with
// the secret (its bytes, not its text), and a body of type, timestamp and data.
webhook_refusal judge_webhook(const request& asked, std::string_view secret, std::int64_t now_s);

// The bytes of "whsec_BASE64"; throws std::runtime_error.
std::string webhook_secret_bytes(std::string_view text);

// The secret in a new sandbox's directory.
std::string make_webhook_secret();

}  // namespace dispatch::sandbox
