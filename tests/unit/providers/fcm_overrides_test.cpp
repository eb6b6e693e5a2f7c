#include <gtest/gtest.h>

#include "support.hpp"
#include "transport/providers/fcm_adapter.hpp"

namespace dispatch::testing {
namespace {

std::unique_ptr<provider_adapter> adapter() {
  return make_fcm_adapter({.project_id = "p", .now = [] { return epoch_ms{1'795'435'200'000}; }});
}

std::string body(const std::string& recipient, const std::string& rest) {
  const auto source = job_for(recipient, rest);
  if (!source) return "(no job)";
  auto made = render(*adapter(), *source);
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  return made.request.body;
}

constexpr auto android = R"({"platform":"android","token":"T","vars":{"name":"A\"da"}})";

TEST(fcm_overrides, are_merged_into_the_platforms_block) {
  EXPECT_EQ(body(android, R"("expires_at":"2026-11-23T13:00:00Z","message":{"title":"Hi","sound":"ping"},)"
                          R"("overrides":{"android":{"priority":"high","notification":{"channel_id":"news",)"
                          R"("sound":"loud"},"direct_boot_ok":true}})"),
            with_key(R"({"message":{"token":"T","notification":{"title":"Hi"},"data":{"dispatch_id":"KEY"},)"
                     R"("android":{"ttl":"3600s","notification":{"tag":"KEY","sound":"loud",)"
                     R"("channel_id":"news"},"priority":"high","direct_boot_ok":true}}})"));
}

TEST(fcm_overrides, replace_the_engines_tag_and_ttl) {
  const auto made = body(android, R"("expires_at":"2026-11-23T13:00:00Z","message":{"title":"Hi"},)"
                                  R"("overrides":{"android":{"ttl":"5s","notification":{"tag":"mine"}}})");
  EXPECT_NE(made.find(R"("android":{"ttl":"5s","notification":{"tag":"mine"}})"), std::string::npos) << made;
}

TEST(fcm_overrides, null_removes_what_the_engine_would_say) {
  const auto made = body(android, R"("message":{"title":"Hi"},)"
                                  R"("overrides":{"android":{"notification":{"tag":null,"color":"#fff"}}})");
  EXPECT_NE(made.find(R"("android":{"notification":{"color":"#fff"}})"), std::string::npos) << made;
}

TEST(fcm_overrides, have_their_variables_replaced_and_escaped) {
  const auto made = body(android, R"("message":{"title":"Hi"},"overrides":{"android":{"notification":{)"
                                  R"("ticker":"for {{name}}","body_loc_args":["{{name}}","b"]}}})");
  EXPECT_NE(made.find(R"("ticker":"for A\"da","body_loc_args":["A\"da","b"])"), std::string::npos) << made;
}

TEST(fcm_overrides, keep_numbers_as_they_are) {
  const auto made =
      body(android, R"("message":{"title":"Hi"},"overrides":{"android":{"notification":{)"
                    R"("light_settings":{"color":{"red":0.5,"green":1.0,"blue":-3}},)"
                    R"("event":9007199254740993,"big":18446744073709551615,"on":false,"x":[null]}}})");
  EXPECT_NE(made.find(R"("color":{"red":0.5,"green":1,"blue":-3}},"event":9007199254740993,)"
                      R"("big":18446744073709551615,"on":false,"x":[null])"),
            std::string::npos)
      << made;
}

TEST(fcm_overrides, of_another_platform_are_not_sent) {
  const auto made =
      body(android, R"("message":{"title":"Hi"},"overrides":{"apns":{"headers":{"apns-priority":"1"}}})");
  EXPECT_EQ(made.find("apns"), std::string::npos) << made;
}

TEST(fcm_overrides, can_make_an_iphones_data_message_an_alert) {
  EXPECT_EQ(body(R"({"platform":"ios","token":"T"})",
                 R"("message":{"data":{"k":"v"}},)"
                 R"("overrides":{"apns":{"payload":{"aps":{"alert":{"loc-key":"HI"}}}}})"),
            with_key(R"({"message":{"token":"T","data":{"k":"v","dispatch_id":"KEY"},)"
                     R"("apns":{"payload":{"aps":{"alert":{"loc-key":"HI"}}}}}})"));
}

TEST(fcm_overrides, reach_the_web_block) {
  const auto made = body(R"({"platform":"web","token":"T"})",
                         R"("message":{"title":"Hi"},"overrides":{"webpush":{"headers":{"Topic":"mine"},)"
                         R"("notification":{"requireInteraction":true}}})");
  EXPECT_NE(made.find(R"("webpush":{"headers":{"Topic":"mine"},"notification":{"tag":")"), std::string::npos)
      << made;
  EXPECT_NE(made.find(R"("requireInteraction":true)"), std::string::npos) << made;
}

TEST(fcm_overrides, carry_labels_and_actions_of_every_platform) {
  EXPECT_EQ(body(android, R"("message":{"title":"Hi","image":"https://i"},"overrides":{"android":{)"
                          R"("fcm_options":{"analytics_label":"autumn"},"direct_boot_ok":true,)"
                          R"("notification":{"channel_id":"news","click_action":"OPEN_NOTE"}}})"),
            with_key(R"({"message":{"token":"T","notification":{"title":"Hi","image":"https://i"},)"
                     R"("data":{"dispatch_id":"KEY"},"android":{"notification":{"tag":"KEY",)"
                     R"("channel_id":"news","click_action":"OPEN_NOTE"},)"
                     R"("fcm_options":{"analytics_label":"autumn"},"direct_boot_ok":true}}})"));
  EXPECT_EQ(body(R"({"platform":"ios","token":"T"})",
                 R"("message":{"title":"Hi","image":"https://i"},"overrides":{"apns":{)"
                 R"("fcm_options":{"analytics_label":"autumn"},"payload":{"aps":{"category":"INVITE"}}}})"),
            with_key(R"({"message":{"token":"T","notification":{"title":"Hi"},"data":{"dispatch_id":"KEY"},)"
                     R"("apns":{"payload":{"aps":{"mutable-content":1,"category":"INVITE"}},)"
                     R"("fcm_options":{"image":"https://i","analytics_label":"autumn"}}}})"));
  const auto web = body(R"({"platform":"web","token":"T"})",
                        R"("message":{"title":"Hi","link":"https://l"},)"
                        R"("overrides":{"webpush":{"fcm_options":{"analytics_label":"autumn"}}})");
  EXPECT_NE(web.find(R"("fcm_options":{"link":"https://l","analytics_label":"autumn"})"), std::string::npos)
      << web;
}

TEST(fcm_overrides, of_data_replace_the_messages_and_keep_the_dedupe_key) {
  const auto made = body(android, R"("message":{"title":"Hi","data":{"a":"1"}},)"
                                  R"("overrides":{"android":{"data":{"b":"{{name}}"}}})");
  EXPECT_NE(made.find(with_key(R"("data":{"b":"A\"da","dispatch_id":"KEY"})")), std::string::npos) << made;
  const auto own = body(android, R"("message":{"title":"Hi"},)"
                                 R"("overrides":{"android":{"data":{"dispatch_id":"mine"}}})");
  EXPECT_NE(own.find(R"("data":{"dispatch_id":"mine"}})"), std::string::npos) << own;
}

TEST(fcm_overrides, of_data_fcm_would_refuse_fail_the_message) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"from":"x"})", "overrides.android.data holds a key reserved by FCM"},
      {R"({"google.x":"x"})", "overrides.android.data holds a key reserved by FCM"},
      {R"({"n":1})", "overrides.android.data holds a value that is no string"},
      {R"("x")", "overrides.android.data is not an object"},
  };
  for (const auto& [data, why] : cases) {
    const auto source =
        job_for(android, R"("message":{"title":"Hi"},"overrides":{"android":{"data":)" + data + "}}");
    const auto made = render(*adapter(), *source);
    EXPECT_EQ(made.status, render_status::invalid_message) << data;
    EXPECT_EQ(made.detail, why);
  }
}

TEST(fcm_overrides, say_the_push_type_of_an_iphone) {
  const auto type = [](const std::string& name) {
    return R"("message":{"data":{"k":"v"}},"overrides":{"apns":{"headers":{"apns-push-type":")" + name +
           R"("},"live_activity_token":"L"}})";
  };
  const auto made = body(R"({"platform":"ios","token":"T"})", type("liveactivity"));
  EXPECT_NE(made.find(R"("apns":{"headers":{"apns-push-type":"liveactivity"},"live_activity_token":"L"})"),
            std::string::npos)
      << made;
  const auto voip = body(R"({"platform":"ios","token":"T"})", type("voip"));
  EXPECT_NE(voip.find(R"("headers":{"apns-push-type":"voip","apns-expiration":"0"})"), std::string::npos)
      << voip;
  const auto unknown = job_for(R"({"platform":"ios","token":"T"})", type("telepathy"));
  EXPECT_EQ(render(*adapter(), *unknown).detail,
            "overrides.apns.headers.apns-push-type is none that APNs knows");
}

TEST(fcm_overrides, nested_too_deeply_fail_the_message_not_the_engine) {
  // The job parser lets none through; the adapter does not rely on it.
  std::string deep = "1";
  for (int i = 0; i < 40; ++i) deep = "{\"a\":" + deep + "}";
  const auto source = job_for(android, R"("message":{"title":"Hi"})");
  source->overrides.android = deep;
  const auto made = render(*adapter(), *source);
  EXPECT_EQ(made.status, render_status::invalid_message);
  EXPECT_EQ(made.detail, "overrides.android cannot be merged");
}

TEST(fcm_overrides, count_as_content) {
  const auto source =
      job_for(android, R"("message":{"title":"Hi"},"overrides":{"android":{"notification":{"ticker":")" +
                           std::string(4096, 'x') + R"("}}})");
  EXPECT_EQ(render(*adapter(), *source).status, render_status::payload_too_large);
}

}  // namespace
}  // namespace dispatch::testing
