#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "apps/sandbox/text_map.hpp"

namespace dispatch::sandbox {

// Checks "vapid t=…, k=…" (RFC 8292). A signature costs some 70 us, so headers found good are remembered;
// only their age is looked at again. Any thread.
class vapid_tokens {
 public:
  static constexpr std::size_t capacity = 1024;
  static constexpr std::int64_t max_lifetime_s = 24 * 3600;
  static constexpr std::int64_t clock_skew_s = 60;

  struct verdict {
    std::string_view problem;  // empty: good
    std::string key;           // base64url, as it came
  };

  // `origin` is this push service's, as the client addressed it.
  verdict check(std::string_view authorization, std::string_view origin, std::int64_t now_s);

 private:
  std::mutex mutex_;
  text_map<std::int64_t> expires_s_;  // by origin and header
  std::deque<std::string> by_age_;
};

}  // namespace dispatch::sandbox
