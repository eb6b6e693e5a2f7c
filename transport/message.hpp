#pragma once

// A request to a provider and what became of it, whatever the protocol: HTTP/2, HTTP/1.1 or SMTP. Free of
// Asio and of every protocol library.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/types.hpp"

namespace dispatch {

using header = std::pair<std::string, std::string>;  ///< lower-case name, value
using header_list = std::vector<header>;

struct provider_request {
  /// The caller's number for it; comes back in the answer. Unique among those not yet answered.
  std::uint64_t correlation = 0;
  /// Headers many requests have in common (shared, immutable): everything but `path` and `own`. May hold
  /// authorization. Method (POST), scheme and authority are the connection's business. SMTP: none.
  std::shared_ptr<const header_list> shared;
  std::string path;  ///< SMTP: the envelope's recipient
  header_list own;   ///< SMTP: none
  std::string body;  ///< SMTP: the message, lines ended by CRLF, not yet dot-stuffed
  dispatch::lane lane = dispatch::lane::normal;  ///< waiting requests of a higher lane start first
  /// Not started past it, and given up on (timeout) when it passes without an answer.
  std::chrono::steady_clock::time_point deadline;
};

/// What became of a request that has no status.
enum class send_failure : std::uint8_t {
  none,            ///< answered: `status` is set
  not_sent,        ///< no byte of it reached the peer: recalled, closing, or deadline passed while waiting
  timeout,         ///< sent, no whole answer before the deadline: outcome unknown
  reset,           ///< sent, taken back by the peer without an answer (RST_STREAM): outcome unknown
  connection,      ///< sent, then the connection broke: outcome unknown
  no_credential,   ///< not sent: no valid credential was to be had (made by the engine)
  address_refused  ///< not sent: the name leads to an address that must not be connected to
};

struct provider_answer {
  std::uint64_t correlation = 0;
  send_failure failure = send_failure::none;
  int status = 0;            ///< of HTTP, or SMTP's reply code
  std::string body;          ///< cut at the connection's limit; SMTP: the reply's text
  std::string retry_after;   ///< the header as it came, empty when absent
  std::string apns_id;       ///< likewise; of a broadcast: apns-request-id
  std::string location;      ///< likewise
  std::string_view refused;  ///< SMTP: what was refused, "MAIL", "RCPT", "DATA" or "message"; else empty
  /// From the first byte handed to the socket to the end of the answer; zero when not sent.
  std::chrono::nanoseconds round_trip{0};
};

/// Something that happened to connections rather than to one request; feeds the breaker.
enum class connection_event : std::uint8_t {
  connected,
  connect_failed,
  tls_failed,
  lost,
  goaway,
  address_refused,
  shortage  ///< none could be made, for want of something of our own: `detail` names it
            ///< (transport/shortage.hpp)
};

}  // namespace dispatch
