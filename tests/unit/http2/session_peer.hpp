#pragma once

// The server's side of a session in memory: real nghttp2 where the server behaves, raw frames where not.

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "transport/http2/client_session.hpp"

namespace dispatch::http2::test {

using fields = std::vector<std::pair<std::string, std::string>>;

std::string frame(std::uint8_t type, std::uint8_t flags, std::int32_t stream, const std::string& payload);

class session_peer {
 public:
  explicit session_peer(std::uint32_t max_streams = 100, std::uint32_t stream_window = 65'535);
  ~session_peer();
  session_peer(const session_peer&) = delete;
  session_peer& operator=(const session_peer&) = delete;

  /// Carries bytes both ways until neither has any left. False: the client gave up.
  bool settle(client_session& client);
  /// The server's pending bytes, one call of receive() each.
  void trickle(client_session& client);

  void settings(std::uint32_t id, std::uint32_t value);
  void headers(std::int32_t stream, const fields& list, bool end);
  void answer(std::int32_t stream, int status, const std::string& body);
  void rst(std::int32_t stream, std::uint32_t code);
  void goaway(std::int32_t last, std::uint32_t code, const std::string& debug);

  struct seen_request {
    std::map<std::string, std::string> headers;
    std::string body;
    bool ended = false;
  };
  std::map<std::int32_t, seen_request> requests;
  std::vector<std::pair<std::int32_t, std::uint32_t>> resets;
  std::uint32_t goaway_code = UINT32_MAX;

  nghttp2_session* session = nullptr;

 private:
  std::string take();

  std::map<std::int32_t, std::pair<std::string, std::size_t>> bodies_;
};

}  // namespace dispatch::http2::test
