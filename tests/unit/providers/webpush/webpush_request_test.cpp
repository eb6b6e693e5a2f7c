#include <gtest/gtest.h>

#include "tests/unit/providers/support.hpp"
#include "tests/unit/providers/webpush/subscriber.hpp"
#include "transport/providers/webpush/webpush_adapter.hpp"

namespace dispatch::testing {
namespace {

constexpr auto variables = R"(,"vars":{"name":"A\"da"})";

std::unique_ptr<provider_adapter> adapter(std::vector<std::string> allow_hosts = {}) {
  return make_webpush_adapter({.ttl = std::chrono::hours{1},
                               .allow_hosts = std::move(allow_hosts),
                               .now = [] { return epoch_ms{1'795'435'200'000}; }});
}

rendered rendered_for(const std::string& rest, const std::string& recipient = subscriber()) {
  const auto source = job_for(recipient, rest);
  if (!source) return {};
  return render(*adapter(), *source);
}

std::string origin_of(const provider_adapter& with, const std::string& endpoint) {
  const auto source = job_for(subscriber(endpoint), R"("message":{"title":"Hi"})");
  return source ? with.origin_of(source->recipients[0]) : "(no job)";
}

TEST(webpush_request, posts_to_the_subscriptions_endpoint) {
  const auto made = rendered_for(R"("message":{"title":"Hi {{name}}","body":"There"})",
                                 subscriber("https://push.example:8443/p/abc?v=1", variables));
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  EXPECT_EQ(made.request.path, "/p/abc?v=1");
  EXPECT_EQ(made.request.body,
            with_key(R"({"title":"Hi A\"da","body":"There","tag":"KEY","data":{"dispatch_id":"KEY"}})"));
}

TEST(webpush_request, says_everything_a_message_can_have) {
  const auto made = rendered_for(
      R"("message":{"title":"Hi","body":"There","image":"https://i","link":"https://l","badge":1,)"
      R"("sound":"default","data":{"note":"7"}})");
  EXPECT_EQ(made.request.body,
            with_key(R"({"title":"Hi","body":"There","image":"https://i","link":"https://l","tag":"KEY",)"
                     R"("data":{"note":"7","dispatch_id":"KEY"}})"));
}

TEST(webpush_request, tags_nothing_that_is_not_shown) {
  const auto made = rendered_for(R"("message":{"data":{"note":"7","dispatch_id":"mine"}})");
  EXPECT_EQ(made.request.body, R"({"data":{"note":"7","dispatch_id":"mine"}})");
}

TEST(webpush_request, is_by_origin) {
  const auto with = adapter();
  EXPECT_TRUE(with->by_origin());
  EXPECT_FALSE(with->sends_dry_run());
  EXPECT_EQ(with->kind(), provider::webpush);
  EXPECT_EQ(origin_of(*with, "https://Push.Example:8443/p/abc"), "https://push.example:8443");
  EXPECT_EQ(origin_of(*with, "https://push.example:443/"), "https://push.example");
  EXPECT_EQ(origin_of(*with, "https://user@push.example/p"), "");
  EXPECT_EQ(origin_of(*with, "https:///p"), "");
  EXPECT_EQ(origin_of(*with, "https://push.example:0/p"), "");
}

TEST(webpush_request, keeps_to_the_hosts_allowed) {
  const auto with = adapter({"fcm.googleapis.com", "*.notify.windows.com"});
  EXPECT_EQ(origin_of(*with, "https://fcm.googleapis.com/fcm/send/x"), "https://fcm.googleapis.com");
  EXPECT_EQ(origin_of(*with, "https://db5p.notify.windows.com/w/"), "https://db5p.notify.windows.com");
  for (const auto* other :
       {"https://notify.windows.com/w/", "https://evilnotify.windows.com/w",
        "https://fcm.googleapis.com.evil.example/", "https://x.fcm.googleapis.com/", "https://127.0.0.1/"})
    EXPECT_EQ(origin_of(*with, other), "") << other;
}

TEST(webpush_request, knows_a_host_pattern) {
  for (const auto* good : {"fcm.googleapis.com", "*.notify.windows.com", "127.0.0.1", "::1"})
    EXPECT_TRUE(is_host_pattern(good)) << good;
  for (const auto* bad : {"", "*", "*.", "*.*.com", "FCM.googleapis.com", "https://fcm.googleapis.com", "a b",
                          ".com", "com.", "a.*"})
    EXPECT_FALSE(is_host_pattern(bad)) << bad;
}

TEST(webpush_request, addresses_subscriptions_only) {
  for (const auto* recipient : {R"({"platform":"web","token":"T"})", R"({"platform":"web","topic":"news"})"})
    EXPECT_EQ(rendered_for(R"("message":{"title":"Hi"})", recipient).status,
              render_status::unsupported_target);
}

TEST(webpush_request, names_a_missing_variable) {
  for (const auto* rest :
       {R"("message":{"title":"{{name}}"})", R"("message":{"title":"Hi"},"collapse_key":"{{name}}")"}) {
    const auto made = rendered_for(rest);
    EXPECT_EQ(made.status, render_status::missing_variable);
    EXPECT_EQ(made.detail, "name");
  }
}

TEST(webpush_request, has_3993_bytes_at_most) {
  const auto around = rendered_for(R"("message":{"title":""},"overrides":{"webpush":{"data":{"x":""}}})");
  ASSERT_EQ(around.status, render_status::ok);
  const auto sized = [&](std::size_t bytes) {
    return rendered_for(R"("message":{"title":""},"overrides":{"webpush":{"data":{"x":")" +
                        std::string(bytes - around.request.body.size(), 'x') + "\"}}}");
  };
  EXPECT_EQ(sized(3'993).status, render_status::ok);
  EXPECT_EQ(sized(3'993).request.body.size(), 3'993u);
  const auto more = sized(3'994);
  EXPECT_EQ(more.status, render_status::payload_too_large);
  EXPECT_EQ(more.detail, "3994 bytes of payload, 3993 allowed");
}

TEST(webpush_request, tries_the_keys_of_a_dry_run) {
  constexpr auto rest = R"("dry_run":true,"message":{"title":"Hi"})";
  EXPECT_EQ(rendered_for(rest).status, render_status::ok);
  const auto made = rendered_for(
      rest, subscriber("https://push.example/p", "", R"("keys":{"p256dh":"AAAA","auth":"AAAA"})"));
  EXPECT_EQ(made.status, render_status::invalid_subscription);
  EXPECT_EQ(made.detail, "keys.p256dh and keys.auth must be base64 of 65 and 16 bytes");
}

TEST(webpush_overrides, go_over_what_the_service_worker_gets) {
  const auto made = rendered_for(
      R"("message":{"title":"Hi","link":"https://l","data":{"a":"1"}},"overrides":{"webpush":{)"
      R"("notification":{"icon":"https://icon/{{name}}","title":"Ho","tag":null,"actions":[{"action":"x"}]},)"
      R"("data":{"b":"2"},"fcm_options":{"link":"https://other","analytics_label":"x"}}})",
      subscriber("https://push.example/p", variables));
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  EXPECT_EQ(made.request.body,
            with_key(R"({"title":"Ho","link":"https://other","icon":"https://icon/A\"da",)"
                     R"("data":{"a":"1","dispatch_id":"KEY","b":"2"},"actions":[{"action":"x"}]})"));
}

TEST(webpush_overrides, of_another_shape_fail_the_message) {
  for (const auto* overrides : {R"({"notifications":{}})", R"({"notification":"x"})", R"({"headers":[]})",
                                R"({"headers":{"Authorization":"x"}})"}) {
    const auto made =
        rendered_for(R"("message":{"title":"Hi"},"overrides":{"webpush":)" + std::string(overrides) + "}");
    EXPECT_EQ(made.status, render_status::invalid_message) << overrides;
    EXPECT_NE(made.detail.find("overrides.webpush"), std::string::npos) << made.detail;
  }
  EXPECT_EQ(rendered_for(R"("message":{"title":"Hi"},"overrides":{"webpush":{"headers":null}})").status,
            render_status::ok);
}

}  // namespace
}  // namespace dispatch::testing
