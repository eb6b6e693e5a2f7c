#pragma once

// What a provider's answer means, decided once, in the provider's own file. Policies see only this.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/types.hpp"

namespace dispatch {

struct verdict {
  enum class kind : std::uint8_t {
    final,      ///< `result` is the recipient's outcome
    retry,      ///< try again with back-off; costs an attempt
    retry_free  ///< try again at once at no attempt's cost (never reached the provider, credential refreshed)
  };
  enum class health : std::uint8_t { success, failure, neutral };  ///< what the breaker counts
  enum class scope_hold : std::uint8_t { none, scope };            ///< 429 of the project, not of one device

  kind what = kind::final;
  outcome result = outcome::delivered;
  health counts = health::success;
  /// Static text, the field's word for it: "unregistered", "http_503", "timeout". A label in metrics.
  std::string_view reason;
  /// As the provider asked, from now; zero when it did not.
  std::chrono::milliseconds retry_after{0};
  scope_hold hold = scope_hold::none;
  bool refresh_credential = false;  ///< the credential was refused: fetch or sign a new one
  bool new_connection = false;      ///< the provider wants a fresh connection
  bool alert = false;               ///< a person should look (configuration or credential)
  bool outcome_unknown = false;     ///< it may have been delivered: a retry may repeat it
  /// Since when the provider knows the token to be dead (APNs 410); zero when it did not say. A token that
  /// was registered again after it is alive.
  std::chrono::milliseconds dead_since{0};
};

}  // namespace dispatch
