// Whatever is encoded, whatever the table's size was set to in between, nghttp2's decoder reads what was
// meant and keeps the same table.

#include <gtest/gtest.h>

#include <array>

#include "tests/property/core_policy/seed.hpp"
#include "tests/support/hpack_peer.hpp"
#include "transport/http2/hpack_encoder.hpp"
#include "transport/http2/request_headers.hpp"

namespace dispatch::http2::test {
namespace {

using dispatch::test::dice;
using fields = hpack_peer::fields;

std::string text(dice& random, std::int64_t longest) {
  std::string out;
  for (auto left = random.between(0, longest); left > 0; --left)
    out += static_cast<char>(random.between(0x20, 0x7e));
  return out;
}

/// Few names and few values, so that they meet again, and some of any kind.
std::pair<std::string, std::string> any_field(dice& random) {
  static const std::array<std::string, 12> names{
      ":method",         ":path",   ":authority", "authorization",
      "content-length",  "apns-id", "apns-topic", "user-agent",
      "apns-expiration", "x",       "ttl",        "www-authenticate"};
  auto name = random.one_in(10) ? "n" + std::to_string(random.between(0, 300))
                                : names[static_cast<std::size_t>(random.between(0, names.size() - 1))];
  switch (random.between(0, 3)) {
    case 0:
      return {name, std::to_string(random.between(0, 3))};
    case 1:
      return {name, std::string(static_cast<std::size_t>(random.between(0, 1'500)), 'a')};
    case 2:
      return {name, text(random, random.one_in(20) ? 6'000 : 60)};
    default:
      return {name, "POST"};
  }
}

void change_table(dice& random, hpack_encoder& encoder, hpack_peer& peer) {
  std::size_t least = SIZE_MAX;
  std::size_t size = 0;
  for (auto changes = random.between(1, 3); changes > 0; --changes) {
    size = static_cast<std::size_t>(random.one_in(3) ? random.between(0, 300) : random.between(0, 9'000));
    least = std::min(least, size);
    peer.limit_table(size);
  }
  encoder.limit_table(size, least);
}

TEST(hpack_property, decoder_reads_what_was_meant_and_keeps_the_same_table) {
  dice random{70};
  for (int round = 0; round < 40; ++round) {
    hpack_encoder encoder;
    hpack_peer peer;
    for (int block = 0; block < 300; ++block) {
      if (random.one_in(40)) change_table(random, encoder, peer);
      fields meant;
      std::string bytes;
      encoder.begin(bytes);
      for (auto count = random.between(0, 12); count > 0; --count) {
        const auto& [name, value] = meant.emplace_back(any_field(random));
        encoder.field(bytes, name, value, static_cast<hpack_storing>(random.between(0, 2)));
      }
      const auto got = peer.decode(bytes);
      ASSERT_TRUE(got);
      ASSERT_EQ(*got, meant);
      ASSERT_EQ(peer.table_used(), encoder.table().used());
      ASSERT_LE(encoder.table().used(), encoder.table().capacity());
    }
  }
}

TEST(hpack_property, copied_pieces_of_requests_are_never_stale) {
  dice random{71};
  for (int round = 0; round < 40; ++round) {
    request_headers headers("push.example", random.one_in(2));
    hpack_peer peer;
    std::vector<std::shared_ptr<const header_list>> credentials;
    for (int i = 0; i < 4; ++i)
      credentials.push_back(std::make_shared<const header_list>(header_list{
          {"authorization", std::string(static_cast<std::size_t>(random.between(10, 3'000)), 'k')},
          {"content-type", "application/json"}}));
    for (int i = 0; i < 500; ++i) {
      if (random.one_in(100)) {
        const auto size = static_cast<std::size_t>(random.between(0, 5'000));
        headers.limit_table(size, size);
        peer.limit_table(size);
      }
      request call;
      if (!random.one_in(20)) call.shared = credentials[static_cast<std::size_t>(random.between(0, 3))];
      // The same address may come back with other headers.
      if (random.one_in(50))
        credentials[0] = std::make_shared<const header_list>(header_list{any_field(random)});
      call.path = "/" + std::to_string(random.between(0, 4));
      for (auto own = random.between(0, 3); own > 0; --own) call.own.push_back(any_field(random));
      call.body.assign(static_cast<std::size_t>(random.between(0, 2'000)), 'b');

      fields meant{
          {":method", "POST"}, {":scheme", "https"}, {":authority", "push.example"}, {":path", call.path}};
      if (call.shared) meant.insert(meant.end(), call.shared->begin(), call.shared->end());
      meant.insert(meant.end(), call.own.begin(), call.own.end());
      meant.emplace_back("content-length", std::to_string(call.body.size()));
      std::string block;
      headers.encode(call, block);
      const auto got = peer.decode(block);
      ASSERT_TRUE(got);
      ASSERT_EQ(*got, meant);
    }
  }
}

}  // namespace
}  // namespace dispatch::http2::test
