#pragma once

// APNs' provider token. Apple wants it renewed no oftener than every 20 minutes and no later than every 60,
// and punishes whoever signs more (429 TooManyProviderTokenUpdates): one token a key, shared by all.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "transport/providers/credential.hpp"
#include "transport/providers/io_timer.hpp"

namespace dispatch {

class io_thread;

struct apns_key {
  std::string pem;      ///< Apple's .p8 file; secret
  std::string key_id;   ///< 10 characters
  std::string team_id;  ///< 10 characters
};

struct apns_credential_options {
  /// 40 to 50 minutes.
  std::chrono::minutes renew_after{45};
};

/// The provider token of one key. Any thread. Make one a key and share it among that key's credentials
/// (several apps, several io threads).
class apns_token_source {
 public:
  /// Signs the first token. A string is the error, without secrets.
  static std::variant<std::shared_ptr<apns_token_source>, std::string> make(
      const apns_key& key, std::function<epoch_ms()> now, apns_credential_options options = {});
  virtual ~apns_token_source() = default;

  struct token {
    std::string text;
    epoch_ms signed_at{0};
  };
  /// Never null; a new one when the last is old enough.
  virtual std::shared_ptr<const token> current() = 0;
  /// `used` was refused. True when there is, or now is, a newer one; false within Apple's 20 minutes.
  virtual bool refused(const std::shared_ptr<const token>& used) = 0;
};

/// The header authorization. `after` is a timer of the credential's io thread.
std::unique_ptr<credential> make_apns_credential(std::shared_ptr<apns_token_source> source,
                                                 after_function after);

}  // namespace dispatch
