#include "apps/sandbox/responder.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "apps/sandbox/keys.hpp"
#include "tests/unit/apps/sandbox/signing.hpp"

namespace dispatch::sandbox {
namespace {

const moment now{1'764'000'000'000'000, steady_time{std::chrono::seconds(1000)}};

credentials make_credentials() {
  credentials made;
  made.service_account_key = make_rsa_2048_key();
  made.apns_key = make_p256_key();
  return made;
}

class answers : public testing::Test {
 protected:
  answers() {
    with_.clear();
    fcm_token_ = "Bearer " + shared_.access_tokens.issue(now.unix_s()).token;
    apns_token_ = "bearer " + testing_jwt::make({{"alg", "ES256"}, {"kid", "SANDBOXKEY"}},
                                                {{"iss", "SANDBOXTEA"}, {"iat", now.unix_s()}},
                                                shared_.credential.apns_key.get());
  }

  const answer& ask(std::string path, std::string authorization, std::string body) {
    auto apns_id = std::move(with_.req.apns_id);
    with_.clear();
    with_.req.method = "POST";
    with_.req.path = std::move(path);
    with_.req.authorization = std::move(authorization);
    with_.req.apns_id = std::move(apns_id);
    with_.req.apns_topic = topic_;
    with_.req.apns_push_type = push_type_;
    with_.req.apns_priority = priority_;
    with_.req.apns_expiration = expiration_;
    with_.req.apns_channel_id = channel_;
    with_.client_bundle = client_bundle_;
    with_.req.body = std::move(body);
    with_.req.body_bytes = with_.req.body.size();
    responder_.decide(with_, now);
    return with_.ans;
  }
  const answer& fcm(std::string body) {
    return ask("/v1/projects/sandbox-project/messages:send", fcm_token_, std::move(body));
  }
  const answer& fcm_to(std::string_view token) {
    return fcm(R"({"message":{"token":")" + std::string(token) + R"(","data":{"dispatch_id":"d1"}}})");
  }
  const answer& apns_to(const std::string& token) {
    return ask("/3/device/" + token, apns_token_, R"({"aps":{"alert":"x"}})");
  }
  boost::json::object error() const { return boost::json::parse(with_.ans.body).at("error").as_object(); }

  shared_state shared_{make_credentials(), 1};
  responder responder_{shared_};
  exchange with_;
  std::string fcm_token_, apns_token_, topic_ = "app.example.duru", push_type_ = "alert";
  std::string priority_, expiration_, channel_, client_bundle_;
};

TEST_F(answers, accept_an_fcm_message_and_tell_the_ledger_whose_it_is) {
  EXPECT_EQ(fcm_to("abc").status, 200);
  EXPECT_TRUE(with_.ans.body.starts_with(R"({"name":"projects/sandbox-project/messages/)"));
  EXPECT_EQ(with_.who, provider::fcm);
  EXPECT_EQ(with_.dedupe, "d1");
  EXPECT_EQ(with_.target, "abc");
  EXPECT_EQ(with_.ans.reason, "-");
}

TEST_F(answers, want_exactly_one_fcm_target) {
  EXPECT_EQ(fcm(R"({"message":{"topic":"news"}})").status, 200);
  EXPECT_EQ(with_.target, "topic:news");
  EXPECT_EQ(fcm(R"({"message":{"condition":"'a' in topics"}})").status, 200);
  EXPECT_EQ(with_.target, "condition");
  for (const auto* body :
       {"", "{", "[]", "{}", R"({"message":{}})", R"({"message":{"token":"a","topic":"b"}})",
        R"({"message":{"token":""}})", R"({"message":{"token":7}})",
        R"({"message":{"token":"a","data":{"n":1}}})", R"({"message":{"token":"a","data":{"from":"x"}}})",
        R"({"message":{"token":"a","colour":"x"}})", R"({"message":{"token":"a"}} x)"}) {
    EXPECT_EQ(fcm(body).status, 400) << body;
    EXPECT_EQ(error().at("status").as_string(), "INVALID_ARGUMENT") << body;
  }
}

TEST_F(answers, know_installations_by_their_fid) {
  const auto to = [this](std::string_view fid) {
    return fcm(R"({"message":{"fid":")" + std::string(fid) + R"("}})").status;
  };
  EXPECT_EQ(to("abc"), 200);
  EXPECT_EQ(with_.target, "abc");
  EXPECT_EQ(to("dead-1"), 404);
  EXPECT_EQ(to("notatoken-a"), 400);
  EXPECT_EQ(error().at("details").at(1).at("fieldViolations").at(0).at("field").as_string(), "message.fid");
  EXPECT_EQ(fcm(R"({"message":{"fid":"a","token":"b"}})").status, 400);
}

TEST_F(answers, look_into_the_blocks_of_an_fcm_message) {
  const auto with_block = [this](const std::string& block) {
    return fcm(R"({"message":{"token":"a",)" + block + "}}").status;
  };
  EXPECT_EQ(with_block(R"("android":{"direct_boot_ok":true,"fcm_options":{"analytics_label":"a-b.c~%1"}})"),
            200);
  EXPECT_EQ(with_block(R"("android":{"data":{"dispatch_id":"d2"}})"), 200);
  EXPECT_EQ(with_.dedupe, "d2");
  for (const auto* block :
       {R"("android":{"direct_boot_ok":"yes"})", R"("android":{"data":{"gcm.x":"y"}})", R"("android":[])",
        R"("webpush":{"data":{"n":1}})", R"("apns":{"fcm_options":{"analytics_label":"a b"}})",
        R"("fcm_options":{"analytics_label":""})"}) {
    EXPECT_EQ(with_block(block), 400) << block;
  }
}

TEST_F(answers, only_validate_when_asked_to) {
  EXPECT_EQ(fcm(R"({"validate_only":true,"message":{"token":"a"}})").status, 200);
  EXPECT_EQ(with_.ans.body, R"({"name":"projects/sandbox-project/messages/fake_message_id"})");
}

TEST_F(answers, refuse_an_fcm_payload_over_4096_bytes) {
  const auto body = [](std::size_t size) {
    return R"({"message":{"token":"a","data":{"k":")" + std::string(size - 1, 'x') + R"("}}})";
  };
  EXPECT_EQ(fcm(body(4096)).status, 200);
  EXPECT_EQ(fcm(body(4097)).status, 400);
}

TEST_F(answers, refuse_fcm_without_an_issued_token) {
  fcm_token_ = "Bearer other";
  EXPECT_EQ(fcm_to("abc").status, 401);
  EXPECT_EQ(error().at("status").as_string(), "UNAUTHENTICATED");
  EXPECT_EQ(with_.target, "abc");
}

TEST_F(answers, know_one_project_and_no_other_path) {
  EXPECT_EQ(ask("/v1/projects/other/messages:send", fcm_token_, "{}").status, 404);
  EXPECT_TRUE(with_.ans.content_type.starts_with("text/html"));
  EXPECT_EQ(ask("/somewhere", fcm_token_, "{}").status, 404);
  EXPECT_EQ(with_.who, provider::other);
}

TEST_F(answers, follow_the_faults_in_fcm_tokens) {
  EXPECT_EQ(fcm_to("dead-1").status, 404);
  EXPECT_EQ(error().at("details").at(0).at("errorCode").as_string(), "UNREGISTERED");
  EXPECT_EQ(fcm_to("flaky503-2-a").status, 503);
  EXPECT_EQ(fcm_to("flaky503-2-a").status, 503);
  EXPECT_FALSE(with_.ans.retry_after_s);
  EXPECT_EQ(fcm_to("flaky503-2-a").status, 200);
  EXPECT_EQ(fcm_to("flaky429-1-a").status, 429);
  EXPECT_EQ(with_.ans.retry_after_s, 1);
  EXPECT_EQ(error().at("details").at(1).at("violations").at(0).at("subject").as_string(),
            "device:flaky429-1-a");
  EXPECT_EQ(fcm_to("flaky429-1-a").status, 200);
  EXPECT_EQ(fcm_to("slow-70-a").delay, std::chrono::milliseconds(70));
  EXPECT_EQ(with_.ans.status, 200);
  EXPECT_EQ(fcm_to("hang-a").how, fate::hang);
  EXPECT_EQ(fcm_to("reset-a").how, fate::reset);
  EXPECT_EQ(fcm_to("resetN-1-a").how, fate::reset);
  EXPECT_EQ(fcm_to("resetN-1-a").how, fate::reply);
  EXPECT_TRUE(fcm_to("html500-a").content_type.starts_with("text/html"));
  EXPECT_EQ(fcm_to("fail-403-SENDER_ID_MISMATCH-a").status, 403);
  EXPECT_EQ(error().at("status").as_string(), "PERMISSION_DENIED");
  EXPECT_EQ(fcm_to("notatoken-a").status, 400);
  EXPECT_EQ(error().at("details").at(1).at("fieldViolations").at(0).at("field").as_string(), "message.token");
}

TEST_F(answers, accept_an_apns_push_and_echo_its_id) {
  with_.req.apns_id = "123e4567-e89b-12d3-a456-426614174000";
  EXPECT_EQ(apns_to("00ff").status, 200);
  EXPECT_EQ(with_.ans.apns_id, "123e4567-e89b-12d3-a456-426614174000");
  EXPECT_EQ(with_.dedupe, "123e4567-e89b-12d3-a456-426614174000");
  EXPECT_TRUE(with_.ans.body.empty());
}

TEST_F(answers, follow_the_faults_in_apns_tokens) {
  EXPECT_EQ(apns_to("dead-1").status, 410);
  EXPECT_EQ(with_.ans.body, R"({"reason":"Unregistered","timestamp":1764000000000})");
  EXPECT_EQ(apns_to("flaky429-1-a").body, R"({"reason":"TooManyRequests"})");
  EXPECT_EQ(with_.ans.retry_after_s, 1);
  EXPECT_EQ(apns_to("fail-400-BadTopic-x").body, R"({"reason":"BadTopic"})");
  EXPECT_EQ(apns_to("notatoken").body, R"({"reason":"BadDeviceToken"})");
  EXPECT_EQ(apns_to("with.dot").body, R"({"reason":"BadDeviceToken"})");
}

TEST_F(answers, judge_the_apns_headers_and_payload) {
  const auto path = "/3/device/00ff";
  EXPECT_EQ(ask(path, "", "{}").reason, "MissingProviderToken");
  EXPECT_EQ(ask(path, apns_token_, "").reason, "PayloadEmpty");
  EXPECT_EQ(ask(path, apns_token_, "{" + std::string(4095, ' ') + "}").reason, "PayloadTooLarge");
  push_type_ = "unknown";
  EXPECT_EQ(ask(path, apns_token_, "{}").reason, "InvalidPushType");
  topic_.clear();
  EXPECT_EQ(ask(path, apns_token_, "{}").reason, "MissingTopic");
}

TEST_F(answers, want_topic_and_priority_of_the_push_type) {
  const auto push = [this](std::string type, std::string topic, std::string priority) {
    push_type_ = std::move(type);
    topic_ = std::move(topic);
    priority_ = std::move(priority);
    return apns_to("00ff").reason;
  };
  EXPECT_EQ(push("background", "app.example.duru", "5"), "-");
  EXPECT_EQ(push("background", "app.example.duru", "10"), "BadPriority");
  EXPECT_EQ(push("background", "app.example.duru", "1"), "BadPriority");
  EXPECT_EQ(push("background", "app.example.duru", ""), "BadPriority");
  EXPECT_EQ(push("voip", "app.example.duru.voip", "10"), "-");
  EXPECT_EQ(push("voip", "app.example.duru", "10"), "BadTopic");
  EXPECT_EQ(push("alert", "app.example.duru.voip", "10"), "BadTopic");
  EXPECT_EQ(push("liveactivity", "app.example.duru.push-type.liveactivity", "5"), "-");
  EXPECT_EQ(push("pushtotalk", "app.example.duru.voip-ptt", ""), "-");
  EXPECT_EQ(push("pushtotalk", "app.example.duru.voip-ptt", "5"), "BadPriority");
}

TEST_F(answers, take_a_client_certificate_for_a_provider_token) {
  apns_token_.clear();
  EXPECT_EQ(apns_to("00ff").reason, "MissingProviderToken");
  client_bundle_ = "app.example.duru";
  EXPECT_EQ(apns_to("00ff").status, 200);
  topic_ = "app.example.duru.voip";
  push_type_ = "voip";
  EXPECT_EQ(apns_to("00ff").status, 200);
  client_bundle_ = "app.example.other";
  EXPECT_EQ(apns_to("00ff").reason, "TopicDisallowed");
  client_bundle_ = "app.example.du";
  EXPECT_EQ(apns_to("00ff").reason, "TopicDisallowed");
}

TEST_F(answers, broadcast_to_a_channel) {
  const auto broadcast = [this](std::string channel, std::string body = "{}") {
    channel_ = std::move(channel);
    return ask("/4/broadcasts/apps/app.example.duru", apns_token_, std::move(body)).reason;
  };
  push_type_ = "liveactivity";
  expiration_ = "0";
  EXPECT_EQ(broadcast("dHN0LXNy/+A=="), "-");
  EXPECT_EQ(with_.who, provider::apns);
  EXPECT_EQ(with_.target, "channel:dHN0LXNy/+A==");
  EXPECT_TRUE(with_.ans.broadcast);
  EXPECT_EQ(broadcast(""), "MissingChannelId");
  EXPECT_EQ(broadcast("a b"), "BadChannelId");
  EXPECT_EQ(broadcast("dead-x"), "ChannelNotRegistered");
  EXPECT_EQ(with_.ans.status, 400);
  EXPECT_EQ(broadcast("c", "{" + std::string(5118, ' ') + "}"), "-");
  EXPECT_EQ(broadcast("c", "{" + std::string(5119, ' ') + "}"), "PayloadTooLarge");
  expiration_.clear();
  EXPECT_EQ(broadcast("c"), "BadExpirationDate");
  push_type_ = "alert";
  EXPECT_EQ(broadcast("c"), "InvalidPushType");
}

TEST_F(answers, follow_ordered_faults_in_the_words_of_each_provider) {
  fault_order order;
  order.status = 503;
  order.reason = "UNAVAILABLE";
  order.retry_after_s = 2;
  shared_.orders.add(order);
  EXPECT_EQ(fcm_to("a").status, 503);
  EXPECT_EQ(error().at("status").as_string(), "UNAVAILABLE");
  EXPECT_EQ(with_.ans.retry_after_s, 2);
  EXPECT_EQ(with_.dedupe, "d1");
  EXPECT_EQ(apns_to("00").body, R"({"reason":"ServiceUnavailable"})");
  EXPECT_EQ(ask("/token", "", "").status, 503);
  EXPECT_EQ(boost::json::parse(with_.ans.body).at("error").as_string(), "internal_failure");
}

}  // namespace
}  // namespace dispatch::sandbox
