#pragma once

// overrides.email: what a producer says of the mail in other words than the message's.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch {

/// Texts may hold {{variables}}.
struct mail_overrides {
  std::optional<std::string> subject, text, html, from, reply_to;
  /// Empty: no List-Unsubscribe at all, whatever is configured.
  std::optional<std::string> list_unsubscribe;
  std::vector<std::pair<std::string, std::string>> headers;  ///< X-… only
  std::string error;                                         ///< why it cannot be used; empty when it can
};

/// `json`: empty, or an object.
mail_overrides parse_mail_overrides(std::string_view json);

}  // namespace dispatch
