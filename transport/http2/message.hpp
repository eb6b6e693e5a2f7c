#pragma once

// Requests and answers of the HTTP/2 client, free of nghttp2 and Asio.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/types.hpp"

namespace dispatch::http2 {

using header = std::pair<std::string, std::string>;  ///< lower-case name, value
using header_list = std::vector<header>;

struct request {
  /// The caller's number for it; comes back in the answer. Unique among those not yet answered.
  std::uint64_t correlation = 0;
  /// Headers many requests have in common (shared, immutable): everything but `path` and `own`. May hold
  /// authorization. Pseudo-headers :method (POST), :scheme and :authority are the pool's business.
  std::shared_ptr<const header_list> shared;
  std::string path;
  header_list own;
  std::string body;
  dispatch::lane lane = dispatch::lane::normal;  ///< waiting requests of a higher lane start first
  /// Not started past it, and given up on (timeout) when it passes without an answer.
  std::chrono::steady_clock::time_point deadline;
};

/// What became of a request that has no status.
enum class failure : std::uint8_t {
  none,          ///< answered: `status` is set
  not_sent,      ///< no byte of it reached the peer: recalled, pool closing, or deadline passed while waiting
  timeout,       ///< sent, no whole answer before the deadline: outcome unknown
  reset,         ///< sent, RST_STREAM by the peer (not REFUSED_STREAM): outcome unknown
  connection,    ///< sent, then the connection broke: outcome unknown
  no_credential  ///< not sent: no valid credential was to be had (made by the engine, never by the pool)
};

struct completion {
  std::uint64_t correlation = 0;
  http2::failure failure = failure::none;
  int status = 0;
  std::string body;         ///< cut at options::max_answer_bytes
  std::string retry_after;  ///< the header as it came, empty when absent
  std::string apns_id;      ///< likewise
  /// From the first byte handed to the socket to the end of the answer; zero when not sent.
  std::chrono::nanoseconds round_trip{0};
};

/// Something that happened to the pool rather than to one request; feeds the breaker.
enum class connection_event : std::uint8_t { connected, connect_failed, tls_failed, lost, goaway };

}  // namespace dispatch::http2
