#include <gtest/gtest.h>

#include <stdexcept>

#include "support.hpp"
#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/render/apns_headers.hpp"

namespace dispatch::testing {
namespace {

std::unique_ptr<provider_adapter> adapter() {
  return make_apns_adapter({.topic = "com.duru.notes"});
}

constexpr auto device =
    R"({"platform":"ios","token":"00fc13adff785122","vars":{"name":"A\"da","bad":"a\r\nb: c"}})";

rendered rendered_for(const std::string& rest, const std::string& recipient = device) {
  const auto source = job_for(recipient, rest);
  if (!source) return {};
  return render(*adapter(), *source);
}

TEST(apns_request, alerts_with_title_and_body) {
  const auto made = rendered_for(R"("message":{"title":"Hi {{name}}","body":"There"})");
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  EXPECT_EQ(made.request.path, "/3/device/00fc13adff785122");
  EXPECT_EQ(made.request.body,
            with_key(R"({"aps":{"alert":{"title":"Hi A\"da","body":"There"}},"dispatch_id":"KEY"})"));
  const header_list expected{
      {"apns-id", key_text()}, {"apns-push-type", "alert"}, {"apns-topic", "com.duru.notes"}};
  EXPECT_EQ(made.request.own, expected);
}

TEST(apns_request, says_everything_a_message_can_have) {
  const auto made = rendered_for(
      R"("priority":"normal","collapse_key":"digest","expires_at":1795438800,"message":{"title":"Hi",)"
      R"("image":"https://i","link":"https://l","badge":1,"sound":"default","data":{"note":"7"}})");
  EXPECT_EQ(made.request.body,
            with_key(R"({"aps":{"alert":{"title":"Hi"},"badge":1,"sound":"default","mutable-content":1},)"
                     R"("note":"7","image":"https://i","link":"https://l","dispatch_id":"KEY"})"));
  const header_list expected{{"apns-id", key_text()},           {"apns-push-type", "alert"},
                             {"apns-topic", "com.duru.notes"},  {"apns-priority", "5"},
                             {"apns-expiration", "1795438800"}, {"apns-collapse-id", "digest"}};
  EXPECT_EQ(made.request.own, expected);
}

TEST(apns_request, sends_data_alone_in_the_background_with_priority_5) {
  const auto made = rendered_for(R"("priority":"high","message":{"data":{"note":"7","dispatch_id":"mine"}})");
  EXPECT_EQ(made.request.body, R"({"aps":{"content-available":1},"note":"7","dispatch_id":"mine"})");
  EXPECT_EQ(header_of(made.request, "apns-push-type"), "background");
  EXPECT_EQ(header_of(made.request, "apns-priority"), "5");
}

TEST(apns_request, takes_a_badge_alone_for_an_alert) {
  const auto made = rendered_for(R"("priority":"high","message":{"badge":0})");
  EXPECT_EQ(made.request.body, with_key(R"({"aps":{"badge":0},"dispatch_id":"KEY"})"));
  EXPECT_EQ(header_of(made.request, "apns-push-type"), "alert");
  EXPECT_EQ(header_of(made.request, "apns-priority"), "10");
}

TEST(apns_request, hashes_a_collapse_key_longer_than_64_bytes) {
  const auto made =
      rendered_for("\"collapse_key\":\"" + std::string(64, 'k') + R"(","message":{"title":"Hi"})");
  EXPECT_EQ(header_of(made.request, "apns-collapse-id"), std::string(64, 'k'));
  const auto longer =
      rendered_for(R"("collapse_key":"k{{long}}","message":{"title":"Hi"})",
                   R"({"platform":"ios","token":"00fc","vars":{"long":")" + std::string(64, 'k') + "\"}}");
  EXPECT_EQ(header_of(longer.request, "apns-collapse-id"), to_hex(sha256(std::string(65, 'k'))));
}

TEST(apns_request, sends_no_dry_run) {
  EXPECT_FALSE(adapter()->sends_dry_run());
}

TEST(apns_request, addresses_device_tokens_only) {
  const auto status = [](const std::string& recipient) {
    return rendered_for(R"("message":{"title":"Hi"})", recipient).status;
  };
  EXPECT_EQ(status(R"({"platform":"ios","token":"a/../../b"})"), render_status::unsupported_target);
  EXPECT_EQ(status(R"({"platform":"ios","token":"ab?c"})"), render_status::unsupported_target);
  EXPECT_EQ(status("{\"platform\":\"ios\",\"token\":\"" + std::string(201, 'a') + "\"}"),
            render_status::unsupported_target);
  EXPECT_EQ(status("{\"platform\":\"ios\",\"token\":\"" + std::string(200, 'a') + "\"}"), render_status::ok);
  EXPECT_EQ(status(R"({"platform":"android","token":"abc"})"), render_status::unsupported_target);
  EXPECT_EQ(status(R"({"platform":"ios","fid":"abc"})"), render_status::unsupported_target) << "is FCM's";
}

TEST(apns_request, limits_the_payload_to_4096_bytes_and_a_voip_push_to_5120) {
  const auto around = with_key(R"({"aps":{"alert":{"body":""}},"dispatch_id":"KEY"})").size();
  const auto rest = [&](std::size_t bytes, const std::string& more) {
    return "\"message\":{\"body\":\"" + std::string(bytes - around, 'x') + "\"}" + more;
  };
  EXPECT_EQ(rendered_for(rest(4096, "")).status, render_status::ok);
  const auto refused = rendered_for(rest(4097, ""));
  EXPECT_EQ(refused.status, render_status::payload_too_large);
  EXPECT_EQ(refused.detail, "4097 bytes of payload, 4096 allowed");
  const auto voip = R"(,"overrides":{"apns":{"headers":{"apns-push-type":"voip"}}})";
  EXPECT_EQ(rendered_for(rest(5120, voip)).status, render_status::ok);
  EXPECT_EQ(rendered_for(rest(5121, voip)).status, render_status::payload_too_large);
}

TEST(apns_request, names_the_missing_variable) {
  const auto made = rendered_for(R"("message":{"title":"{{nobody}}"})");
  EXPECT_EQ(made.status, render_status::missing_variable);
  EXPECT_EQ(made.detail, "nobody");
}

TEST(apns_overrides, are_merged_into_payload_and_headers) {
  const auto made = rendered_for(
      R"("priority":"high","message":{"title":"Hi","badge":1},"overrides":{"apns":{"headers":{)"
      R"("apns-priority":"1","Apns-Expiration":0,"apns-collapse-id":"for {{name}}"},"payload":{"aps":{)"
      R"("thread-id":"t {{name}}","badge":null,"relevance-score":0.5},"mine":[1,true]},)"
      R"("fcm_options":{"image":"https://i"}}})");
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  EXPECT_EQ(made.request.body,
            with_key(R"({"aps":{"alert":{"title":"Hi"},"thread-id":"t A\"da","relevance-score":0.5},)"
                     R"("dispatch_id":"KEY","mine":[1,true]})"));
  const header_list expected{{"apns-id", key_text()},          {"apns-push-type", "alert"},
                             {"apns-topic", "com.duru.notes"}, {"apns-priority", "1"},
                             {"apns-expiration", "0"},         {"apns-collapse-id", "for A\"da"}};
  EXPECT_EQ(made.request.own, expected);
}

TEST(apns_overrides, null_removes_a_header) {
  const auto made = rendered_for(
      R"("priority":"high","message":{"title":"Hi"},"overrides":{"apns":{"headers":{"apns-priority":null}}})");
  EXPECT_EQ(header_of(made.request, "apns-priority"), "(none)");
}

TEST(apns_overrides, can_make_a_data_message_an_alert) {
  const auto made =
      rendered_for(R"("message":{"data":{"k":"v"}},"overrides":{"apns":{"payload":{"aps":{"alert":"Hi"}}}})");
  EXPECT_EQ(header_of(made.request, "apns-push-type"), "alert");
  EXPECT_EQ(made.request.body, with_key(R"({"k":"v","dispatch_id":"KEY","aps":{"alert":"Hi"}})"));
}

TEST(apns_overrides, cannot_inject_headers) {
  const auto made = rendered_for(
      R"("message":{"title":"Hi"},"overrides":{"apns":{"headers":{"apns-collapse-id":"{{bad}}"}}})");
  EXPECT_EQ(made.status, render_status::invalid_message);
  EXPECT_EQ(made.detail.find("b: c"), std::string::npos) << "the value stays out of the log";
  for (const auto* value :
       {R"("a\nb")", R"("a\rb")", R"("a\u0000b")", R"(" a")", R"("a ")", R"("a\u007fb")"}) {
    const auto each = rendered_for(R"("message":{"title":"Hi"},"overrides":{"apns":{"headers":{"apns-x":)" +
                                   std::string(value) + "}}}");
    EXPECT_EQ(each.status, render_status::invalid_message) << value;
  }
}

TEST(apns_overrides, cannot_set_what_is_the_engines_business) {
  for (const auto* name : {"apns-topic", "apns-id", "apns-request-id", "Apns-Channel-Id", "authorization",
                           ":path", "content-length", "apns-a b", "te"}) {
    const auto made = rendered_for(R"("message":{"title":"Hi"},"overrides":{"apns":{"headers":{")" +
                                   std::string(name) + R"(":"x"}}})");
    EXPECT_EQ(made.status, render_status::invalid_message) << name;
  }
}

TEST(apns_overrides, of_the_wrong_shape_are_refused) {
  for (const auto* text : {R"({"aps":{"badge":1}})", R"({"headers":[]})", R"({"payload":"x"})",
                           R"({"headers":{"apns-x":{}}})", R"({"headers":{"apns-x":1.5}})"}) {
    const auto made =
        rendered_for(R"("message":{"title":"Hi"},"overrides":{"apns":)" + std::string(text) + "}");
    EXPECT_EQ(made.status, render_status::invalid_message) << text;
    EXPECT_FALSE(made.detail.empty());
  }
}

TEST(apns_request, refuses_data_named_aps) {
  EXPECT_EQ(rendered_for(R"("message":{"title":"Hi","data":{"aps":"x"}})").status,
            render_status::invalid_message);
}

TEST(apns_adapter, refuses_settings_that_cannot_work) {
  EXPECT_THROW(make_apns_adapter({.topic = "t", .bad_device_token = outcome::failed}), std::invalid_argument);
}

TEST(apns_adapter, knows_apples_addresses) {
  EXPECT_EQ(apns_endpoint(apns_environment::production), "https://api.push.apple.com");
  EXPECT_EQ(apns_endpoint(apns_environment::sandbox), "https://api.sandbox.push.apple.com");
}

}  // namespace
}  // namespace dispatch::testing
