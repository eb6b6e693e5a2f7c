#pragma once

// An absolute http or https URL that came from a producer or user: a webhook's, a push subscription's
// endpoint.

#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

struct web_url {
  bool secure = false;  ///< https
  std::string host;     ///< lower-case name, or an address without the brackets of IPv6; never empty
  std::string port;     ///< decimal, 1 to 65535
  bool is_address = false;
  std::string authority;  ///< for Host and :authority; the port only where it is not the scheme's own
  std::string target;  ///< path and query as they came, at least "/"; what RFC 9112 3.2.1 calls origin-form

  /// scheme://authority (RFC 6454 section 6.2): what connections, breakers and limits go by.
  std::string origin() const { return (secure ? "https://" : "http://") + authority; }
};

/// RFC 3986; nullopt for anything else, and for a URL with credentials. A fragment is dropped: it is never
/// sent.
std::optional<web_url> parse_web_url(std::string_view text);

}  // namespace dispatch
