#pragma once

// A client session and its peer in memory, for the tests of both manners.

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "session_peer.hpp"
#include "transport/http2/client_session.hpp"

namespace dispatch::http2::test {

inline request make_request(std::string body = "{}") {
  request call;
  call.shared = std::make_shared<header_list>(header_list{{"authorization", "bearer x"}});
  call.path = "/3/device/abc";
  call.own = {{"apns-topic", "app"}};
  call.body = std::move(body);
  return call;
}

inline std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

constexpr std::uint8_t end_stream = NGHTTP2_FLAG_END_STREAM;
constexpr std::uint8_t end_headers = NGHTTP2_FLAG_END_HEADERS;
inline const std::string status_200 = "\x88";

inline std::string bytes4(std::uint32_t value) {
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

/// A field block's first field, :status, without Huffman coding.
inline std::string status(const std::string& value) {
  return std::string("\x08") + static_cast<char>(value.size()) + value;
}

class client_session_test : public ::testing::Test {
 protected:
  static session_options options() {
    session_options made;
    made.authority = "push.example";
    made.max_answer_bytes = 100;
    return made;
  }

  exchange& start(std::string body = "{}") {
    auto& x = exchanges.emplace_back(make_request(std::move(body)));
    client.start(x);
    return x;
  }

  /// Starts one and brings it to the peer.
  exchange& sent(std::string body = "{}") {
    EXPECT_TRUE(peer.settle(client));
    auto& x = start(std::move(body));
    EXPECT_TRUE(peer.settle(client));
    return x;
  }

  std::vector<std::pair<exchange*, stream_end>> ended() {
    std::vector<std::pair<exchange*, stream_end>> out;
    for (const auto& each : client.ended()) out.emplace_back(each.of, each.how);
    client.ended().clear();
    return out;
  }

  std::list<exchange> exchanges;
  session_peer peer;
  client_session client{options()};
};

}  // namespace dispatch::http2::test
