#include <gtest/gtest.h>

#include "tests/unit/api/auth/requests.hpp"
#include "transport/crypto/base64.hpp"

namespace dispatch::test {
namespace {

const std::string invalid = "401 the credential is not valid";

webhook_secret secret_of(char letter) {
  return *webhook_secret::parse("whsec_" + base64(std::string(32, letter)));
}

credential_table two_producers() {
  credential_table table;
  table.hmacs.push_back({"old", {secret_of('a'), secret_of('b')}, principal_named("old")});
  table.hmacs.push_back({"new", {secret_of('c')}, principal_named("new")});
  return table;
}

http_request signed_request(std::string id, std::int64_t timestamp, std::string signature,
                            std::string body = "{}") {
  return with_headers({{"webhook-id", std::move(id)},
                       {"webhook-timestamp", std::to_string(timestamp)},
                       {"webhook-signature", std::move(signature)}},
                      std::move(body));
}

http_request signed_by(char letter, std::int64_t timestamp = now_s, std::string id = "msg_1") {
  return signed_request(id, timestamp, secret_of(letter).sign(id, timestamp, "{}"));
}

TEST(hmac_credential, is_found_by_its_signature_with_any_of_its_secrets) {
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a'))), "key:old");
  EXPECT_EQ(outcome(check(two_producers(), signed_by('b'))), "key:old");
  EXPECT_EQ(outcome(check(two_producers(), signed_by('c'))), "key:new");
  EXPECT_EQ(outcome(check(two_producers(), signed_by('d'))), invalid);
}

TEST(hmac_credential, may_carry_several_signatures_also_of_other_versions) {
  const auto good = secret_of('c').sign("msg_1", now_s, "{}");
  const auto other = secret_of('d').sign("msg_1", now_s, "{}");
  EXPECT_EQ(outcome(check(two_producers(), signed_request("msg_1", now_s, other + ' ' + good))), "key:new");
  EXPECT_EQ(outcome(check(two_producers(), signed_request("msg_1", now_s, "v1a,xyz " + good + " v2,"))),
            "key:new");
  std::string many;
  for (int i = 0; i < 8; ++i) many += other + ' ';
  EXPECT_EQ(outcome(check(two_producers(), signed_request("msg_1", now_s, many + good))), invalid)
      << "only eight are looked at";
}

TEST(hmac_credential, covers_id_timestamp_and_every_byte_of_the_body) {
  auto request = signed_by('a');
  request.body = "{} ";
  EXPECT_EQ(outcome(check(two_producers(), request)), invalid);
  request = signed_by('a');
  request.body.clear();
  EXPECT_EQ(outcome(check(two_producers(), request)), invalid);
  request = signed_by('a');
  request.headers[0].second = "msg_2";
  EXPECT_EQ(outcome(check(two_producers(), request)), invalid);
  request = signed_by('a');
  request.headers[1].second = std::to_string(now_s + 1);
  EXPECT_EQ(outcome(check(two_producers(), request)), invalid);
}

TEST(hmac_credential, is_refused_outside_300_seconds_on_either_side) {
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s - 300))), "key:old");
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s + 300))), "key:old");
  const std::string stale = "401 webhook-timestamp is more than 300 s from now";
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s - 301))), stale);
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s + 301))), stale);
}

TEST(hmac_credential, needs_all_three_headers_once_and_well_formed) {
  for (std::size_t left_out = 0; left_out < 3; ++left_out) {
    auto request = signed_by('a');
    const auto name = request.headers[left_out].first;
    request.headers.erase(request.headers.begin() + static_cast<std::ptrdiff_t>(left_out));
    EXPECT_EQ(outcome(check(two_producers(), request)),
              name == "webhook-signature" ? "401 a credential is needed" : invalid);
    request = signed_by('a');
    request.headers.push_back(request.headers[left_out]);
    EXPECT_EQ(outcome(check(two_producers(), request)), invalid) << name << " twice";
  }
  for (const char* timestamp :
       {"", "-1", "+1795435200", "1795435200.0", "0x6b", " 1795435200", "9999999999999999"}) {
    auto request = signed_by('a');
    request.headers[1].second = timestamp;
    EXPECT_EQ(outcome(check(two_producers(), request)), invalid) << timestamp;
  }
  for (const char* signature :
       {"v1", "v1,", "v1,AAAA", "v1,!!!!", ",", " ", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE"}) {
    auto request = signed_by('a');
    request.headers[2].second = signature;
    EXPECT_EQ(outcome(check(two_producers(), request)), invalid) << signature;
  }
}

// "a.5" + "." + "7" and "a" + "." + "5.7" would be one text to sign.
TEST(hmac_credential, has_an_id_that_cannot_be_split_in_another_way) {
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s, "msg.1"))), invalid);
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s, "msg 1"))), invalid);
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s, "msg\n1"))), invalid);
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s, std::string(128, 'x')))), "key:old");
  EXPECT_EQ(outcome(check(two_producers(), signed_by('a', now_s, std::string(129, 'x')))), invalid);
}

TEST(hmac_credential, asks_for_its_id_to_be_stored_longer_than_any_clock_takes_its_timestamp) {
  const auto guard_of = [](std::int64_t timestamp) {
    const auto result = check(two_producers(), signed_by('a', timestamp));
    return std::get<authenticated>(result).once.value();
  };
  EXPECT_EQ(guard_of(now_s).key, "old:msg_1");
  EXPECT_EQ(guard_of(now_s).ttl, std::chrono::seconds{600});
  EXPECT_EQ(guard_of(now_s + 300).ttl, std::chrono::seconds{900});
  EXPECT_EQ(guard_of(now_s - 300).ttl, std::chrono::seconds{300});
  EXPECT_EQ(std::get<authenticated>(check(two_producers(), signed_by('c'))).once->key, "new:msg_1")
      << "two producers may choose the same id";
}

TEST(hmac_credential, its_head_alone_shows_only_that_it_is_wrong) {
  const auto table = std::make_shared<const credential_table>(two_producers());
  EXPECT_FALSE(authenticator(table).check_head(signed_by('a'), now).has_value());
  EXPECT_FALSE(authenticator(table).check_head(signed_by('d'), now).has_value());
  for (const auto& wrong : {signed_by('a', now_s - 301), signed_request("", now_s, "v1,eA=="),
                            signed_request("msg_1", now_s, "v1,eA==")}) {
    const auto known = authenticator(table).check_head(wrong, now);
    ASSERT_TRUE(known.has_value());
    EXPECT_EQ(outcome(*known).substr(0, 3), "401");
  }
  EXPECT_TRUE(
      authenticator(std::make_shared<const credential_table>()).check_head(signed_by('a'), now).has_value());
}

}  // namespace
}  // namespace dispatch::test
