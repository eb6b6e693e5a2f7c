#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "apps/sandbox/openssl_handles.hpp"
#include "apps/sandbox/text_map.hpp"

namespace dispatch::sandbox {

// The browsers of the push service: each has a key pair and a secret, and what it was last sent. They are
// never removed. Any thread.
class push_subscriptions {
 public:
  static constexpr std::size_t capacity = 100'000;

  struct message {
    std::string payload, ttl, urgency, topic;
  };
  enum class receipt : std::uint8_t { taken, unknown, other_key };

  // What a browser's PushSubscription.toJSON() gives, at ORIGIN/webpush/TOKEN. `server_key` (base64url) binds
  // it to one VAPID key; empty: any will do. nullopt: the token is taken, or there are too many.
  std::optional<boost::json::object> add(std::string_view origin, const std::string& token,
                                         std::string server_key);

  // Whether a push with this VAPID key would be taken.
  receipt look_up(std::string_view token, std::string_view vapid_key) const;
  // The decrypted body; nullopt when it is not for this browser.
  std::optional<std::string> look_inside(std::string_view token, std::string_view body) const;
  void deliver(std::string_view token, message what);

  // {"received": N, "last": {"payload", "ttl", "urgency", "topic"}}; nullopt: no such subscription.
  std::optional<boost::json::object> seen(std::string_view token) const;

 private:
  struct browser {
    pkey_handle key;
    std::string auth, server_key;
    std::uint64_t received = 0;
    message last;
  };
  const browser* find(std::string_view token) const;

  mutable std::mutex mutex_;
  text_map<browser> browsers_;
};

}  // namespace dispatch::sandbox
