#pragma once

// Where mail is submitted, taken from a configured URL: smtp://host[:587] (STARTTLS) or smtps://host[:465]
// (TLS from the first byte, RFC 8314).

#include <string>
#include <string_view>
#include <variant>

#include "transport/http2/endpoint.hpp"
#include "transport/smtp/client_session.hpp"

namespace dispatch::smtp {

struct mail_endpoint {
  http2::endpoint peer;
  protection how = protection::starttls;

  bool is_loopback() const;  ///< an address of this machine, or localhost
};

/// A string is what is wrong with it.
std::variant<mail_endpoint, std::string> parse_mail_endpoint(std::string_view url);

}  // namespace dispatch::smtp
