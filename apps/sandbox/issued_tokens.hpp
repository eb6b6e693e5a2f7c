#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "apps/sandbox/text_map.hpp"

namespace dispatch::sandbox {

// Access tokens the OAuth endpoint gave out. Past the capacity the oldest becomes invalid. Any thread.
class issued_tokens {
 public:
  static constexpr std::size_t capacity = 10'000;
  static constexpr std::size_t default_length = 220;
  static constexpr std::int64_t default_lifetime_s = 3599;

  struct grant {
    std::string token;
    std::int64_t expires_in_s;
  };
  grant issue(std::int64_t now_s);
  bool valid(std::string_view token, std::int64_t now_s);
  void revoke_all();

  // 16 to 4,096 characters; for tokens issued from now on.
  void set_length(std::size_t characters);
  void set_lifetime(std::int64_t seconds);

 private:
  std::mutex mutex_;
  text_map<std::int64_t> expiry_s_;
  std::deque<std::string> by_age_;
  std::size_t length_ = default_length;
  std::int64_t lifetime_s_ = default_lifetime_s;
};

}  // namespace dispatch::sandbox
