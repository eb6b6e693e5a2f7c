// The sandbox's push service, judged with what the engine's own encryption makes: they share no code.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "apps/sandbox/keys.hpp"
#include "apps/sandbox/push_decryption.hpp"
#include "apps/sandbox/responder.hpp"
#include "tests/unit/apps/sandbox/signing.hpp"
#include "transport/providers/webpush/message_encryption.hpp"

namespace dispatch::sandbox {
namespace {

constexpr auto origin = "https://127.0.0.1:4711";
const moment now{1'764'000'000'000'000, steady_time{std::chrono::seconds(1000)}};

class push_service : public testing::Test {
 protected:
  boost::json::object subscribe(const std::string& token, std::string server_key = {}) {
    return *shared_.subscriptions.add(origin, token, std::move(server_key));
  }

  std::string vapid(const boost::json::object& claims) {
    return "vapid t=" + testing_jwt::make({{"typ", "JWT"}, {"alg", "ES256"}}, claims, key_.get()) +
           ", k=" + server_key();
  }
  std::string server_key() const { return encode_base64url(public_point(key_.get())); }
  static boost::json::object good_claims() {
    return {{"aud", origin}, {"exp", now.unix_s() + 3600}, {"sub", "mailto:a@b.example"}};
  }

  static std::string seal(const boost::json::object& subscription, std::string text) {
    const auto& keys = subscription.at("keys").as_object();
    const auto of = [&](const char* name) { return std::string(keys.at(name).as_string()); };
    EXPECT_EQ(message_sealer().seal(of("p256dh"), of("auth"), text), seal_status::ok);
    return text;
  }

  const answer& push(const std::string& token, std::string body) {
    with_.clear();
    auto& asked = with_.req;
    asked.method = method_;
    asked.path = "/webpush/" + token;
    asked.authority = "127.0.0.1:4711";
    asked.authorization = authorization_;
    asked.ttl = ttl_;
    asked.urgency = urgency_;
    asked.topic = topic_;
    asked.content_encoding = encoding_;
    asked.body_bytes = body.size();
    asked.body = std::move(body);
    responder_.decide(with_, now);
    return with_.ans;
  }

  static credentials made() {
    credentials with;
    with.apns_key = make_p256_key();
    return with;
  }
  shared_state shared_{made(), 1};
  responder responder_{shared_};
  exchange with_;
  pkey_handle key_ = make_p256_key();
  std::string authorization_ = vapid(good_claims());
  std::string method_ = "POST", ttl_ = "60", urgency_ = "high", topic_ = "news", encoding_ = "aes128gcm";
};

TEST_F(push_service, takes_a_message_and_gives_it_to_the_browser) {
  const auto body = seal(subscribe("s1"), R"({"title":"Hi","data":{"dispatch_id":"d7"}})");
  const auto& got = push("s1", body);
  EXPECT_EQ(got.status, 201);
  EXPECT_EQ(got.location, "https://127.0.0.1:4711/message/0");
  EXPECT_EQ(with_.who, provider::webpush);
  EXPECT_EQ(with_.dedupe, "d7");
  EXPECT_EQ(with_.target, "s1");
  const auto seen = shared_.subscriptions.seen("s1");
  ASSERT_TRUE(seen);
  EXPECT_EQ(boost::json::serialize(*seen),
            R"({"received":1,"last":{"payload":"{\"title\":\"Hi\",\"data\":{\"dispatch_id\":\"d7\"}}",)"
            R"("ttl":"60","urgency":"high","topic":"news"}})");
}

TEST_F(push_service, takes_no_token_that_is_not_its_own_or_not_for_long) {
  const auto body = seal(subscribe("s1"), "{}");
  const auto refused = [&](const std::string& authorization) {
    authorization_ = authorization;
    EXPECT_EQ(push("s1", body).status, 401) << with_.ans.reason;
    return with_.ans.reason;
  };
  const auto changed = [&](const char* name, boost::json::value value) {
    auto claims = good_claims();
    claims[name] = std::move(value);
    return refused(vapid(claims));
  };
  EXPECT_EQ(changed("aud", "https://other.example"), "aud is not this origin");
  EXPECT_EQ(changed("exp", now.unix_s() - 1), "the token has expired");
  EXPECT_EQ(changed("exp", now.unix_s() + 25 * 3600), "exp is more than a day away");
  EXPECT_EQ(changed("sub", "me"), "sub is neither mailto: nor https:");
  EXPECT_EQ(refused(""), "no vapid token and key");
  EXPECT_EQ(refused("vapid t=x.y.z, k=AAAA"), "no vapid token and key");
  const auto other = encode_base64url(public_point(make_p256_key().get()));
  const auto good = vapid(good_claims());
  EXPECT_EQ(refused(good.substr(0, good.find("k=")) + "k=" + other), "bad signature");
  authorization_ = good;
  EXPECT_EQ(push("s1", body).status, 201);
}

TEST_F(push_service, binds_a_subscription_to_its_key) {
  const auto body = seal(subscribe("mine", server_key()), "{}");
  EXPECT_EQ(push("mine", body).status, 201);
  const auto theirs = seal(subscribe("theirs", "BAAA"), "{}");
  EXPECT_EQ(push("theirs", theirs).status, 401);
  EXPECT_EQ(with_.ans.reason, "VAPID public key mismatch");
}

TEST_F(push_service, checks_the_headers) {
  const auto body = seal(subscribe("s1"), "{}");
  const auto reason_with = [&](std::string& header, const char* value) {
    const auto before = std::exchange(header, value);
    push("s1", body);
    header = before;
    return with_.ans.reason;
  };
  EXPECT_EQ(reason_with(ttl_, ""), "missing_ttl");
  EXPECT_EQ(reason_with(ttl_, "-1"), "invalid_ttl");
  EXPECT_EQ(reason_with(urgency_, "urgent"), "invalid_urgency");
  EXPECT_EQ(reason_with(topic_, "a b"), "invalid_topic");
  EXPECT_EQ(reason_with(topic_, "123456789012345678901234567890123"), "invalid_topic");
  EXPECT_EQ(reason_with(encoding_, "aesgcm"), "invalid_content_encoding");
  EXPECT_EQ(reason_with(method_, "GET"), "method_not_allowed");
  EXPECT_EQ(push("s1", std::string(4097, 'x')).status, 413);
  EXPECT_EQ(boost::json::parse(with_.ans.body).at("errno").as_int64(), 104);
}

TEST_F(push_service, tells_who_is_unknown_and_what_cannot_be_read) {
  const auto body = seal(subscribe("s1"), "{}");
  subscribe("s2");
  EXPECT_EQ(push("s3", body).status, 404);
  EXPECT_EQ(push("s2", body).status, 400);
  EXPECT_EQ(with_.ans.reason, "undecryptable");
  auto broken = body;
  broken.back() = static_cast<char>(broken.back() ^ 1);
  EXPECT_EQ(push("s1", broken).status, 400);
  EXPECT_EQ(push("s1", "").status, 400);
  EXPECT_EQ(shared_.subscriptions.seen("s1")->at("received").as_uint64(), 0u);
}

TEST_F(push_service, obeys_the_faults_in_the_token) {
  const auto status_of = [&](const std::string& token) {
    return push(token, seal(subscribe(token), "{}")).status;
  };
  EXPECT_EQ(status_of("dead-1"), 410);
  EXPECT_EQ(boost::json::parse(with_.ans.body).at("errno").as_int64(), 103);
  EXPECT_EQ(status_of("flaky429-1-x"), 429);
  EXPECT_EQ(with_.ans.retry_after_s, 1);
  EXPECT_EQ(status_of("flaky503-1-x"), 503);
  EXPECT_EQ(status_of("notatoken1"), 404);
  EXPECT_EQ(status_of("fail-403-forbidden-x"), 403);
  EXPECT_EQ(status_of("html500-1"), 500);
}

}  // namespace
}  // namespace dispatch::sandbox
