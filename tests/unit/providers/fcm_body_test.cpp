#include <gtest/gtest.h>

#include <stdexcept>

#include "support.hpp"
#include "transport/providers/fcm_adapter.hpp"

namespace dispatch::testing {
namespace {

// 2026-11-23T12:00:00Z
constexpr epoch_ms now{1'795'435'200'000};

std::unique_ptr<provider_adapter> adapter() {
  return make_fcm_adapter({.project_id = "duru-notes", .now = [] { return now; }});
}

std::string body(const std::string& recipient, const std::string& rest) {
  const auto source = job_for(recipient, rest);
  if (!source) return "(no job)";
  auto made = render(*adapter(), *source);
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  return made.request.body;
}

constexpr auto android = R"({"platform":"android","token":"T","vars":{"name":"A\"da","n":"7"}})";
constexpr auto ios = R"({"platform":"ios","token":"T","vars":{"name":"Ada","n":"7"}})";
constexpr auto web = R"({"platform":"web","token":"T"})";

TEST(fcm_body, says_title_and_body_to_an_android_token) {
  EXPECT_EQ(body(android, R"("message":{"title":"Hi","body":"There"})"),
            with_key(R"({"message":{"token":"T","notification":{"title":"Hi","body":"There"},)"
                     R"("data":{"dispatch_id":"KEY"},"android":{"notification":{"tag":"KEY"}}}})"));
}

TEST(fcm_body, goes_to_the_projects_send_path) {
  const auto source = job_for(android, R"("message":{"title":"Hi"})");
  const auto made = render(*adapter(), *source);
  EXPECT_EQ(made.request.path, "/v1/projects/duru-notes/messages:send");
  EXPECT_TRUE(made.request.own.empty());
}

TEST(fcm_body, says_everything_an_android_message_can_have) {
  EXPECT_EQ(
      body(android, R"("priority":"high","collapse_key":"digest","expires_at":"2026-11-23T13:00:00Z",)"
                    R"("message":{"title":"Hi {{name}}","body":"b","image":"https://i/x.png",)"
                    R"("link":"https://l/{{n}}","badge":3,"sound":"ping","data":{"note":"{{n}}"}})"),
      with_key(R"({"message":{"token":"T","notification":{"title":"Hi A\"da","body":"b",)"
               R"("image":"https://i/x.png"},"data":{"note":"7","link":"https://l/7","dispatch_id":"KEY"},)"
               R"("android":{"priority":"high","ttl":"3600s","collapse_key":"digest",)"
               R"("notification":{"tag":"KEY","sound":"ping","notification_count":3}}}})"));
}

TEST(fcm_body, keeps_a_data_message_invisible) {
  EXPECT_EQ(body(android, R"("priority":"normal","message":{"data":{"k":"v"},"sound":"s","badge":2,)"
                          R"("image":"https://i"})"),
            with_key(R"({"message":{"token":"T","data":{"k":"v","image":"https://i","dispatch_id":"KEY"},)"
                     R"("android":{"priority":"normal"}}})"));
}

TEST(fcm_body, leaves_the_producers_data_alone) {
  EXPECT_EQ(body(android, R"("message":{"link":"https://l","data":{"dispatch_id":"mine","link":"app://x"}})"),
            R"({"message":{"token":"T","data":{"dispatch_id":"mine","link":"app://x"}}})");
}

TEST(fcm_body, validates_only_on_a_dry_run) {
  EXPECT_TRUE(adapter()->sends_dry_run());
  EXPECT_EQ(
      body(android, R"("dry_run":true,"message":{"data":{"k":"v"}})"),
      with_key(R"({"validate_only":true,"message":{"token":"T","data":{"k":"v","dispatch_id":"KEY"}}})"));
}

TEST(fcm_body, addresses_topics_and_conditions) {
  EXPECT_EQ(body(R"({"platform":"android","topic":"news"})", R"("message":{"data":{"k":"v"}})"),
            with_key(R"({"message":{"topic":"news","data":{"k":"v","dispatch_id":"KEY"}}})"));
  EXPECT_EQ(body(R"({"platform":"android","condition":"'a' in topics"})", R"("message":{"data":{"k":"v"}})"),
            with_key(R"({"message":{"condition":"'a' in topics","data":{"k":"v","dispatch_id":"KEY"}}})"));
}

TEST(fcm_body, addresses_an_installation) {
  EXPECT_EQ(
      body(R"({"platform":"android","fid":"c-9_"})", R"("dry_run":true,"message":{"data":{"k":"v"}})"),
      with_key(R"({"validate_only":true,"message":{"fid":"c-9_","data":{"k":"v","dispatch_id":"KEY"}}})"));
  const auto ios_fid = body(R"({"platform":"ios","fid":"c"})", R"("message":{"title":"Hi"})");
  EXPECT_EQ(ios_fid.find(R"({"message":{"fid":"c","notification")"), 0u) << ios_fid;
}

TEST(fcm_body, leaves_a_channel_to_apns) {
  const auto source = job_for(R"({"platform":"ios","channel":"c=="})", R"("message":{"title":"Hi"})");
  ASSERT_TRUE(source);
  EXPECT_EQ(render(*adapter(), *source).status, render_status::unsupported_target);
}

TEST(fcm_body, gives_an_iphone_its_block_only) {
  EXPECT_EQ(
      body(ios, R"("priority":"high","collapse_key":"digest","expires_at":"2026-11-23T13:00:00Z",)"
                R"("message":{"title":"Hi {{name}}","image":"https://i","badge":0,"sound":"default"})"),
      with_key(R"({"message":{"token":"T","notification":{"title":"Hi Ada"},"data":{"dispatch_id":"KEY"},)"
               R"("apns":{"headers":{"apns-priority":"10","apns-expiration":"1795438800",)"
               R"("apns-collapse-id":"digest"},"payload":{"aps":{"badge":0,"sound":"default",)"
               R"("mutable-content":1}},"fcm_options":{"image":"https://i"}}}})"));
}

TEST(fcm_body, marks_an_iphones_data_message_as_background) {
  EXPECT_EQ(body(ios, R"("priority":"high","message":{"data":{"k":"v"}})"),
            with_key(R"({"message":{"token":"T","data":{"k":"v","dispatch_id":"KEY"},)"
                     R"("apns":{"headers":{"apns-push-type":"background","apns-priority":"5"},)"
                     R"("payload":{"aps":{"content-available":1}}}}})"));
}

TEST(fcm_body, gives_the_web_its_headers_and_link) {
  auto expected = with_key(
      R"({"message":{"token":"T","notification":{"title":"Hi"},"data":{"dispatch_id":"KEY"},)"
      R"("webpush":{"headers":{"TTL":"3600","Urgency":"high","Topic":"BARE"},"notification":{"tag":"KEY"},)"
      R"("fcm_options":{"link":"https://l"}}}})");
  auto bare = key_text();
  std::erase(bare, '-');
  expected.replace(expected.find("BARE"), 4, bare);
  EXPECT_EQ(body(web, R"("priority":"high","expires_at":"2026-11-23T13:00:00Z",)"
                      R"("message":{"title":"Hi","link":"https://l"})"),
            expected);
}

TEST(fcm_body, uses_the_collapse_key_as_the_webs_topic) {
  const auto made = body(web, R"("collapse_key":"digest","message":{"title":"Hi"})");
  EXPECT_NE(made.find(R"("Topic":"digest")"), std::string::npos) << made;
}

TEST(fcm_body, counts_the_ttl_from_the_moment_of_rendering) {
  auto at = now;
  const auto moving = make_fcm_adapter({.project_id = "p", .now = [&at] { return at; }});
  const auto source = job_for(android, R"("expires_at":"2026-11-23T13:00:00Z","message":{"data":{"k":"v"}})");
  const auto& who = source->recipients.front();
  const auto compiled = moving->compile(*source, who.platform);
  provider_request out;
  std::string detail;
  const auto ttl = [&] {
    EXPECT_EQ(moving->render(*compiled, *source, who, dedupe_key::of("t", "j", 0), out, detail),
              render_status::ok);
    const auto begin = out.body.find("\"ttl\":\"") + 7;
    return out.body.substr(begin, out.body.find('"', begin) - begin);
  };
  EXPECT_EQ(ttl(), "3600s");
  at += std::chrono::minutes(59);
  EXPECT_EQ(ttl(), "60s");
  at += std::chrono::hours(2);
  EXPECT_EQ(ttl(), "0s");
  at -= std::chrono::hours(24 * 60);
  EXPECT_EQ(ttl(), "2419200s") << "four weeks are the most FCM takes";
}

TEST(fcm_body, names_the_missing_variable) {
  const auto source =
      job_for(R"({"platform":"android","token":"T"})", R"("message":{"title":"Hi {{name}}"})");
  const auto made = render(*adapter(), *source);
  EXPECT_EQ(made.status, render_status::missing_variable);
  EXPECT_EQ(made.detail, "name");
}

TEST(fcm_body, refuses_what_fcm_cannot_address) {
  const auto subscription = job_for(
      R"({"platform":"web","subscription":{"endpoint":"https://push.example/x","keys":{)"
      R"("p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",)"
      R"("auth":"BTBZMqHH6r4Tts7J_aSIgg"}}})",
      R"("message":{"title":"Hi"})");
  ASSERT_TRUE(subscription);
  EXPECT_EQ(render(*adapter(), *subscription).status, render_status::unsupported_target);
  const auto mail =
      job_for(R"({"platform":"email","address":"ada@example.com"})", R"("message":{"title":"Hi"})");
  ASSERT_TRUE(mail);
  EXPECT_EQ(render(*adapter(), *mail).status, render_status::unsupported_target);
}

TEST(fcm_body, limits_a_tokens_content_to_4096_bytes_and_a_topics_to_2048) {
  // dispatch_id (11 + 36) and tag (36) count too; punctuation and our field names do not.
  const std::string fits(4096 - 36 - 36, 'x');
  const auto rest = [](const std::string& text) { return "\"message\":{\"body\":\"" + text + "\"}"; };
  EXPECT_EQ(render(*adapter(), *job_for(android, rest(fits))).status, render_status::ok);
  const auto refused = render(*adapter(), *job_for(android, rest(fits + "x")));
  EXPECT_EQ(refused.status, render_status::payload_too_large);
  EXPECT_EQ(refused.detail, "4097 bytes of content, 4096 allowed");
  const auto fid = R"({"platform":"android","fid":"f"})";
  EXPECT_EQ(render(*adapter(), *job_for(fid, rest(fits))).status, render_status::ok);
  const auto topic = R"({"platform":"android","topic":"news"})";
  EXPECT_EQ(render(*adapter(), *job_for(topic, rest(std::string(2048 - 72, 'x')))).status, render_status::ok);
  EXPECT_EQ(render(*adapter(), *job_for(topic, rest(std::string(2048 - 71, 'x')))).status,
            render_status::payload_too_large);
}

TEST(fcm_body, escapes_a_hostile_token) {
  EXPECT_EQ(
      body(R"({"platform":"android","token":"a\",\"topic\":\"all"})", R"("message":{"data":{"k":"v"}})"),
      with_key(R"({"message":{"token":"a\",\"topic\":\"all","data":{"k":"v","dispatch_id":"KEY"}}})"));
}

TEST(fcm_adapter, refuses_settings_that_cannot_work) {
  EXPECT_THROW(make_fcm_adapter({.project_id = "a/b"}), std::invalid_argument);
  EXPECT_THROW(make_fcm_adapter({.project_id = ""}), std::invalid_argument);
  EXPECT_THROW(make_fcm_adapter({.project_id = "p", .sender_mismatch = outcome::dead}),
               std::invalid_argument);
}

}  // namespace
}  // namespace dispatch::testing
