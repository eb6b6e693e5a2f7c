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
