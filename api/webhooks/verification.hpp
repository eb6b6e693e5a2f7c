#pragma once

// Whether a delivery comes from the source it says, by that source's scheme. Secrets may be several, during a
// rotation. Pure; any thread.

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "transport/crypto/webhook_secret.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

/// webhook-id, webhook-timestamp, webhook-signature (api/auth/signed_delivery.hpp).
struct standard_webhooks_scheme {
  std::vector<webhook_secret> secrets;
  std::chrono::seconds tolerance{300};
};

/// HMAC-SHA256 in hex, in a header of the source's own.
struct hex_hmac_scheme {
  std::vector<std::string> secrets;
  std::string header;  ///< lower case
  std::string prefix;  ///< "sha256=" for GitHub
  /// "t=SECONDS,v1=HEX[,v1=HEX]" over SECONDS.BODY, as Stripe does; else HEX over the body, which says
  /// nothing of when: a delivery that was overheard can be repeated.
  bool timestamped = false;
  std::chrono::seconds tolerance{300};
};

/// A shared word: "Authorization: Bearer WORD", or the whole of another header (lower case).
struct bearer_scheme {
  std::vector<std::string> secrets;
  std::string header = "authorization";
};

using webhook_verification = std::variant<standard_webhooks_scheme, hex_hmac_scheme, bearer_scheme>;

/// By the headers alone. nullopt: only with its body it shows.
std::optional<bool> is_authentic_by_head(const webhook_verification& scheme, const http_request& head,
                                         std::chrono::system_clock::time_point now);

bool is_authentic(const webhook_verification& scheme, const http_request& request,
                  std::chrono::system_clock::time_point now);

}  // namespace dispatch
