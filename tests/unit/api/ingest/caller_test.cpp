#include "api/ingest/caller.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

std::string caller(const std::string& peer, std::vector<std::string> forwarded,
                   const std::vector<std::string>& trusted) {
  http_request request;
  request.remote_address = peer;
  for (auto& each : forwarded) request.headers.emplace_back("x-forwarded-for", each);
  std::vector<ip_network> networks;
  for (const auto& each : trusted) networks.push_back(*ip_network::parse(each));
  const auto found = caller_address(request, networks);
  return found ? found->to_string() : "none";
}

TEST(caller_address, is_the_connections_own_whatever_a_stranger_writes) {
  EXPECT_EQ(caller("192.0.2.1", {"10.0.0.1"}, {}), "192.0.2.1");
  EXPECT_EQ(caller("192.0.2.1", {"10.0.0.1"}, {"10.0.0.0/8"}), "192.0.2.1");
  EXPECT_EQ(caller("::ffff:192.0.2.1", {}, {}), "192.0.2.1");
}

TEST(caller_address, behind_trusted_proxies_is_the_last_hop_that_is_none_of_them) {
  const std::vector<std::string> proxies{"10.0.0.0/8", "2001:db8::/32"};
  EXPECT_EQ(caller("10.0.0.1", {"203.0.113.9"}, proxies), "203.0.113.9");
  EXPECT_EQ(caller("10.0.0.1", {"127.0.0.1, 203.0.113.9, 10.0.0.2"}, proxies), "203.0.113.9");
  EXPECT_EQ(caller("10.0.0.1", {"127.0.0.1", "203.0.113.9, 10.0.0.3", "10.0.0.2"}, proxies), "203.0.113.9");
  EXPECT_EQ(caller("2001:db8::1", {"[2001:db9::7]:443"}, proxies), "2001:db9::7");
  EXPECT_EQ(caller("10.0.0.1", {"203.0.113.9:4711"}, proxies), "203.0.113.9");
}

TEST(caller_address, of_a_proxy_that_says_nothing_is_the_proxys_and_of_nonsense_none) {
  EXPECT_EQ(caller("10.0.0.1", {}, {"10.0.0.0/8"}), "10.0.0.1");
  EXPECT_EQ(caller("10.0.0.1", {"10.0.0.2"}, {"10.0.0.0/8"}), "10.0.0.2");
  for (const auto* hop : {"", "unknown", "203.0.113.9 ", "203.0.113.999", "_hidden", "203.0.113.9, "}) {
    const auto found = caller("10.0.0.1", {hop}, {"10.0.0.0/8"});
    EXPECT_EQ(found, std::string(hop) == "203.0.113.9 " ? "203.0.113.9" : "none") << hop;
  }
}

}  // namespace
}  // namespace dispatch
