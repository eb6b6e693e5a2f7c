// What a request's headers cost on the wire, and that the peer reads what was meant.

#include "transport/http2/request_headers.hpp"

#include <gtest/gtest.h>

#include "tests/support/hpack_peer.hpp"

namespace dispatch::http2::test {
namespace {

std::shared_ptr<const header_list> credential(char letter, std::size_t size = 1'024) {
  return std::make_shared<const header_list>(header_list{
      {"authorization", "Bearer " + std::string(size, letter)}, {"content-type", "application/json"}});
}

request to_fcm(std::shared_ptr<const header_list> shared) {
  request call;
  call.shared = std::move(shared);
  call.path = "/v1/projects/duru/messages:send";
  call.body = std::string(402, 'x');
  return call;
}

request to_apns(std::shared_ptr<const header_list> shared, int number) {
  request call;
  call.shared = std::move(shared);
  call.path = "/3/device/" + std::to_string(1'000'000 + number);
  call.own = {{"apns-id", "id-" + std::to_string(number)},
              {"apns-push-type", "alert"},
              {"apns-priority", number % 3 == 0 ? "5" : "10"},
              {"apns-expiration", std::to_string(1'795'000'000 + number)}};
  call.body = std::string(300, 'x');
  return call;
}

class request_headers_test : public ::testing::Test {
 protected:
  static hpack_peer::fields meant(const request& call) {
    hpack_peer::fields out{
        {":method", "POST"}, {":scheme", "https"}, {":authority", "push.example"}, {":path", call.path}};
    out.insert(out.end(), call.shared->begin(), call.shared->end());
    out.insert(out.end(), call.own.begin(), call.own.end());
    out.emplace_back("content-length", std::to_string(call.body.size()));
    return out;
  }

  std::size_t bytes(request_headers& from, const request& call) {
    std::string block;
    from.encode(call, block);
    EXPECT_EQ(peer.decode(block), meant(call));
    return block.size();
  }

  hpack_peer peer;
  request_headers indexing{"push.example", true};
  request_headers literal{"push.example", false};
};

TEST_F(request_headers_test, repeated_push_costs_a_dozen_bytes) {
  const auto shared = credential('a');
  EXPECT_GT(bytes(indexing, to_fcm(shared)), 1'024U);
  bytes(indexing, to_fcm(shared));
  for (int i = 0; i < 10; ++i) EXPECT_LE(bytes(indexing, to_fcm(shared)), 12U);
}

TEST_F(request_headers_test, equal_headers_at_another_address_are_still_equal) {
  bytes(indexing, to_fcm(credential('a')));
  bytes(indexing, to_fcm(credential('a')));
  EXPECT_LE(bytes(indexing, to_fcm(credential('a'))), 12U);
}

TEST_F(request_headers_test, new_credential_is_sent_in_full_once) {
  for (int i = 0; i < 3; ++i) bytes(indexing, to_fcm(credential('a')));
  EXPECT_GT(bytes(indexing, to_fcm(credential('b'))), 1'024U);
  EXPECT_LE(bytes(indexing, to_fcm(credential('b'))), 12U);
  // The one before is still in the table: requests on the way when it changed cost nothing either.
  EXPECT_LE(bytes(indexing, to_fcm(credential('a'))), 12U);
}

TEST_F(request_headers_test, hundred_credentials_in_turn_stay_right) {
  for (int round = 0; round < 3; ++round)
    for (char letter = 'a'; letter <= 'z'; ++letter) bytes(indexing, to_fcm(credential(letter)));
}

TEST_F(request_headers_test, path_and_authorization_stay_literal_where_asked) {
  const auto shared = credential('a', 200);
  for (int i = 0; i < 5; ++i) bytes(literal, to_apns(shared, 1));
  std::string block;
  literal.encode(to_apns(shared, 1), block);
  EXPECT_NE(block.find(std::string(200, 'a')), std::string::npos);
  EXPECT_NE(block.find("/3/device/1000001"), std::string::npos);
  // Literal without indexing, their names from the static table (RFC 7541 6.2.2): 4 and 23.
  EXPECT_EQ(block.find(std::string("\x04\x11/3/device/")), 3U);
  EXPECT_NE(block.find(std::string("\x0f\x08\x7f\x50", 4) + "Bearer "), std::string::npos);
  EXPECT_EQ(bytes(literal, to_apns(shared, 1)), block.size());
}

TEST_F(request_headers_test, what_differs_from_push_to_push_does_not_push_out_what_does_not) {
  const auto shared = credential('a', 200);
  const auto first = bytes(literal, to_apns(shared, 0));
  for (int i = 1; i < 2'000; ++i) {
    const auto size = bytes(literal, to_apns(shared, i));
    ASSERT_LT(size, i > 10 ? first - 60 : first + 60) << i;
  }
}

TEST_F(request_headers_test, table_that_shrinks_and_grows_stays_right) {
  const auto shared = credential('a');
  for (const std::size_t size : {4'096U, 100U, 0U, 4'096U, 1'200U, 4'096U}) {
    indexing.limit_table(size, size);
    peer.limit_table(size);
    for (int i = 0; i < 4; ++i) bytes(indexing, to_fcm(shared));
  }
}

TEST_F(request_headers_test, request_without_shared_headers_is_possible) {
  request call;
  call.path = "/token";
  call.own = {{"content-type", "application/x-www-form-urlencoded"}};
  std::string block;
  indexing.encode(call, block);
  const auto got = peer.decode(block);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->back(), (hpack_peer::fields::value_type{"content-length", "0"}));
}

}  // namespace
}  // namespace dispatch::http2::test
