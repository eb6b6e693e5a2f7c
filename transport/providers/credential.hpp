#pragma once

// A bearer credential that renews itself: FCM's OAuth token, APNs' provider token. One per provider and app,
// shared by all its connections; single flight; renewed early. io thread only, but for expires_at().

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/job/job.hpp"
#include "transport/message.hpp"

namespace dispatch {

struct client_identity;

class credential {
 public:
  /// The headers every request carries (authorization, content-type, apns-topic …); null = none to be had,
  /// `error` says why (for the log, without secrets).
  using ready = std::function<void(std::shared_ptr<const header_list>, const std::string& error)>;

  virtual ~credential() = default;

  /// The headers when a valid credential is at hand now, else null. Starts a renewal when it is due.
  virtual std::shared_ptr<const header_list> current() = 0;
  /// Calls back once a credential is there or the attempt has failed (attempts are spaced with back-off:
  /// a caller may wait for seconds). Never calls back before it returns.
  virtual void await(ready callback) = 0;
  /// The provider refused `used`. Asks for a new one, unless one newer than it is there already or the
  /// provider's minimum age forbids (APNs: not within 20 minutes). True when a new one will come or is there.
  virtual bool refused(const std::shared_ptr<const header_list>& used) = 0;
  /// When it ends, zero when it does not; for credential_expiry_timestamp_seconds. Of what renews itself
  /// (FCM, APNs with a key): the end of the current token. Any thread.
  virtual epoch_ms expires_at() const = 0;
  /// What connections show to a provider that asks for a certificate; nullptr: nothing. A credential that has
  /// one ends with it: only a person brings the next.
  virtual std::shared_ptr<const client_identity> identity() const { return nullptr; }
};

}  // namespace dispatch
