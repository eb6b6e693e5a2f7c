#include "apps/sandbox/issued_tokens.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "apps/sandbox/base64url.hpp"

namespace dispatch::sandbox {

issued_tokens::grant issued_tokens::issue(std::int64_t now_s) {
  std::lock_guard lock(mutex_);
  std::string bytes(length_, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  auto token = ("ya29.c." + encode_base64url(bytes)).substr(0, length_);
  if (by_age_.size() >= capacity) {
    expiry_s_.erase(by_age_.front());
    by_age_.pop_front();
  }
  expiry_s_[token] = now_s + lifetime_s_;
  by_age_.push_back(token);
  return {std::move(token), lifetime_s_};
}

bool issued_tokens::valid(std::string_view token, std::int64_t now_s) {
  std::lock_guard lock(mutex_);
  const auto found = expiry_s_.find(token);
  return found != expiry_s_.end() && now_s < found->second;
}

void issued_tokens::revoke_all() {
  std::lock_guard lock(mutex_);
  expiry_s_.clear();
  by_age_.clear();
}

void issued_tokens::set_length(std::size_t characters) {
  std::lock_guard lock(mutex_);
  length_ = std::clamp<std::size_t>(characters, 16, 4096);
}

void issued_tokens::set_lifetime(std::int64_t seconds) {
  std::lock_guard lock(mutex_);
  lifetime_s_ = std::max<std::int64_t>(0, seconds);
}

}  // namespace dispatch::sandbox
