#include "core/policy/address_guard.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch {
namespace {

std::string refusal(const std::string& address, const address_guard& guard = address_guard()) {
  const auto parsed = ip_address::parse(address);
  return parsed ? std::string(guard.refusal(*parsed)) : "no address";
}

struct row {
  std::string address;
  std::string why;
};

void PrintTo(const row& each, std::ostream* out) {
  *out << each.address;
}

class refused : public ::testing::TestWithParam<row> {};

TEST_P(refused, address_of_a_special_network) {
  EXPECT_EQ(refusal(GetParam().address), GetParam().why);
}

// First and last address of each network.
INSTANTIATE_TEST_SUITE_P(
    v4, refused,
    ::testing::Values(
        row{"0.0.0.0", "unspecified"}, row{"0.255.255.255", "unspecified"}, row{"10.0.0.0", "private"},
        row{"10.255.255.255", "private"}, row{"100.64.0.0", "carrier-grade NAT"},
        row{"100.127.255.255", "carrier-grade NAT"}, row{"127.0.0.0", "loopback"},
        row{"127.0.0.1", "loopback"}, row{"127.255.255.255", "loopback"}, row{"169.254.0.0", "link-local"},
        row{"169.254.169.254", "link-local"}, row{"169.254.255.255", "link-local"},
        row{"172.16.0.0", "private"}, row{"172.31.255.255", "private"},
        row{"192.0.0.0", "IETF protocol assignment"}, row{"192.0.0.255", "IETF protocol assignment"},
        row{"192.0.2.0", "documentation"}, row{"192.0.2.255", "documentation"},
        row{"192.88.99.1", "6to4 relay"}, row{"192.168.0.0", "private"}, row{"192.168.255.255", "private"},
        row{"198.18.0.0", "benchmarking"}, row{"198.19.255.255", "benchmarking"},
        row{"198.51.100.7", "documentation"}, row{"203.0.113.7", "documentation"},
        row{"224.0.0.1", "multicast"}, row{"239.255.255.255", "multicast"}, row{"240.0.0.0", "reserved"},
        row{"255.255.255.254", "reserved"}, row{"255.255.255.255", "broadcast"}));

INSTANTIATE_TEST_SUITE_P(
    v6, refused,
    ::testing::Values(row{"::", "unspecified"}, row{"::1", "loopback"}, row{"::7f00:1", "v4-compatible"},
                      row{"::8.8.8.8", "v4-compatible"}, row{"64:ff9b:1::808:808", "local NAT64"},
                      row{"100::1", "discard-only"}, row{"100:0:0:1::1", "not global unicast"},
                      row{"2001::1", "Teredo"}, row{"2001:0:ffff::", "Teredo"},
                      row{"2001:2::1", "benchmarking"}, row{"2001:10::1", "ORCHID"},
                      row{"2001:2f::1", "ORCHID"}, row{"2001:1::1", "IETF protocol assignment"},
                      row{"2001:1ff:ffff::", "IETF protocol assignment"}, row{"2001:db8::1", "documentation"},
                      row{"2002:7f00:1::1", "6to4"}, row{"2002:808:808::1", "6to4"},
                      row{"3fff::1", "documentation"}, row{"3fff:fff::1", "documentation"},
                      row{"5f00::1", "segment routing"}, row{"fc00::1", "unique local"},
                      row{"fdff::1", "unique local"}, row{"fe80::1", "link-local"},
                      row{"febf::1", "link-local"}, row{"fec0::1", "site-local"}, row{"ff02::1", "multicast"},
                      row{"4000::1", "not global unicast"}, row{"::ffff:0:7f00:1", "not global unicast"}));

INSTANTIATE_TEST_SUITE_P(
    v4_inside_v6, refused,
    ::testing::Values(row{"::ffff:127.0.0.1", "loopback"}, row{"::ffff:7f00:1", "loopback"},
                      row{"::ffff:10.0.0.1", "private"}, row{"64:ff9b::127.0.0.1", "loopback"},
                      row{"64:ff9b::a9fe:a9fe", "link-local"}, row{"64:ff9b::255.255.255.255", "broadcast"}));

class permitted : public ::testing::TestWithParam<std::string> {};

TEST_P(permitted, address_of_the_public_internet) {
  EXPECT_EQ(refusal(GetParam()), "");
}

// Among them the neighbours of the special networks.
INSTANTIATE_TEST_SUITE_P(, permitted,
                         ::testing::Values("1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0",
                                           "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
                                           "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
                                           "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0",
                                           "198.17.255.255", "198.20.0.0", "223.255.255.255",
                                           "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2000::1", "2001:200::1",
                                           "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1",
                                           "2003::1", "2a00:1450::1", "3ffe:ffff::1"));

TEST(address_guard, allowed_networks_are_permitted_and_their_neighbours_are_not) {
  const address_guard guard(
      {ip_network::parse("10.1.0.0/16").value(), ip_network::parse("fd00:1::/32").value()});
  EXPECT_EQ(refusal("10.1.2.3", guard), "");
  EXPECT_EQ(refusal("::ffff:10.1.2.3", guard), "");
  EXPECT_EQ(refusal("fd00:1::5", guard), "");
  EXPECT_EQ(refusal("10.2.0.0", guard), "private");
  EXPECT_EQ(refusal("fd00:2::5", guard), "unique local");
}

TEST(address_guard, allowed_v4_network_does_not_open_a_way_through_nat64) {
  const address_guard guard({ip_network::parse("127.0.0.0/8").value()});
  EXPECT_EQ(refusal("127.0.0.1", guard), "");
  EXPECT_EQ(refusal("64:ff9b::127.0.0.1", guard), "loopback");
}

}  // namespace
}  // namespace dispatch
