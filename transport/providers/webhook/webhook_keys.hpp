#pragma once

// The secrets an app's webhooks are signed with: one, or two while receivers change from the one to the
// other. Any thread; a reload replaces them.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "transport/crypto/webhook_secret.hpp"

namespace dispatch {

class webhook_keys {
 public:
  static constexpr std::size_t max_secrets = 2;

  explicit webhook_keys(std::vector<webhook_secret> secrets) { replace(std::move(secrets)); }

  void replace(std::vector<webhook_secret> secrets);
  /// Those of `other`, which changes no more.
  void take_over(const webhook_keys& other) { replace(other.current()); }
  /// The value of webhook-signature: a signature a secret, a blank between them. `timestamp`: seconds since
  /// the epoch.
  std::string sign(std::string_view id, std::int64_t timestamp, std::string_view body) const;

 private:
  using list = std::vector<webhook_secret>;
  list current() const;
  mutable std::mutex mutex_;
  std::shared_ptr<const list> secrets_;
};

/// One a line, in the order they are to be signed with; a string says what is wrong, without showing any.
std::variant<std::vector<webhook_secret>, std::string> parse_webhook_secrets(std::string_view text);

}  // namespace dispatch
