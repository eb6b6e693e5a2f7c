#include <gtest/gtest.h>

#include "support.hpp"
#include "transport/crypto/webhook_secret.hpp"
#include "transport/providers/webhook/webhook_adapter.hpp"

namespace dispatch::testing {
namespace {

constexpr epoch_ms noon{1'795'435'200'500};  // 2026-11-23T12:00:00.500Z
const std::string old_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string new_secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

std::vector<webhook_secret> secrets(const std::string& lines) {
  return std::get<std::vector<webhook_secret>>(parse_webhook_secrets(lines));
}

struct hooks {
  std::shared_ptr<webhook_keys> keys = std::make_shared<webhook_keys>(secrets(old_secret));
  epoch_ms now = noon;
  bool allow_http = false;

  std::unique_ptr<provider_adapter> adapter() {
    return make_webhook_adapter({.keys = keys, .allow_http = allow_http, .now = [this] { return now; }});
  }
  rendered rendered_for(const std::string& rest, const std::string& recipient = receiver) {
    const auto source = job_for(recipient, rest);
    return source ? render(*adapter(), *source) : rendered{};
  }

  static constexpr auto receiver =
      R"({"id":"u\"1","platform":"webhook","url":"https://Hooks.example/in?x=1#top","vars":{"name":"A\"da"}})";
};

TEST(webhook_request, is_signed_as_the_standard_says) {
  hooks made;
  const auto it = made.rendered_for(R"("message":{"title":"Hi {{name}}"})");
  ASSERT_EQ(it.status, render_status::ok) << it.detail;
  EXPECT_EQ(it.request.path, "/in?x=1");
  EXPECT_EQ(it.request.body,
            with_key(R"({"type":"notification","timestamp":"2026-11-23T12:00:00.500Z","data":)"
                     R"({"title":"Hi A\"da","tenant":"default","job_id":"j",)"
                     R"("recipient_id":"u\"1","dispatch_id":"KEY"}})"));
  const auto signature = webhook_secret::parse(old_secret)->sign(key_text(), 1'795'435'200, it.request.body);
  const header_list expected{
      {"webhook-id", key_text()}, {"webhook-timestamp", "1795435200"}, {"webhook-signature", signature}};
  EXPECT_EQ(it.request.own, expected);
}

TEST(webhook_request, signature_of_the_standards_own_example) {
  // https://www.standardwebhooks.com: id, timestamp, body and secret of the reference implementations' tests.
  const webhook_keys keys(secrets(old_secret));
  EXPECT_EQ(keys.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(webhook_request, each_attempt_has_its_own_timestamp_and_the_same_id) {
  hooks made;
  const auto first = made.rendered_for(R"("message":{"title":"Hi"})");
  made.now += std::chrono::hours{5};
  const auto second = made.rendered_for(R"("message":{"title":"Hi"})");
  EXPECT_EQ(header_of(first.request, "webhook-id"), header_of(second.request, "webhook-id"));
  EXPECT_EQ(header_of(second.request, "webhook-timestamp"), "1795453200");
  EXPECT_NE(header_of(first.request, "webhook-signature"), header_of(second.request, "webhook-signature"));
}

TEST(webhook_request, scheduled_event_happens_when_it_was_to_be_sent) {
  hooks made;
  const auto it = made.rendered_for(R"("send_at":"2026-11-23T10:00:00Z","message":{"title":"Hi"})");
  EXPECT_NE(it.request.body.find(R"("timestamp":"2026-11-23T10:00:00.000Z")"), std::string::npos);
  EXPECT_EQ(header_of(it.request, "webhook-timestamp"), "1795435200");
}

TEST(webhook_request, secrets_in_change_give_a_signature_each) {
  hooks made;
  made.keys->replace(secrets(new_secret + "\n" + old_secret));
  const auto it = made.rendered_for(R"("message":{"title":"Hi"})");
  const auto sign = [&](const std::string& secret) {
    return webhook_secret::parse(secret)->sign(key_text(), 1'795'435'200, it.request.body);
  };
  EXPECT_EQ(header_of(it.request, "webhook-signature"), sign(new_secret) + " " + sign(old_secret));
}

TEST(webhook_request, says_everything_a_message_can_have) {
  hooks made;
  const auto it = made.rendered_for(
      R"("message":{"title":"T","body":"B","image":"https://i","link":"https://l","badge":2,"sound":"s","data":{"n":"7"}})");
  EXPECT_NE(it.request.body.find(R"("data":{"title":"T","body":"B","image":"https://i","link":"https://l",)"
                                 R"("badge":2,"sound":"s","data":{"n":"7"},"tenant")"),
            std::string::npos)
      << it.request.body;
}

TEST(webhook_request, overrides_are_merged_over_the_whole_payload) {
  hooks made;
  const auto it = made.rendered_for(
      R"("message":{"title":"T"},"overrides":{"webhook":{"type":"note.shared","data":{"title":"New",)"
      R"("who":"{{name}}","n":[1,0.5,true]}}})");
  ASSERT_EQ(it.status, render_status::ok) << it.detail;
  EXPECT_EQ(it.request.body,
            with_key(R"({"type":"note.shared","timestamp":"2026-11-23T12:00:00.500Z","data":)"
                     R"({"title":"New","tenant":"default","job_id":"j","recipient_id":"u\"1",)"
                     R"("dispatch_id":"KEY","who":"A\"da","n":[1,0.5,true]}})"));
}

TEST(webhook_request, null_takes_a_member_away) {
  hooks made;
  const auto it = made.rendered_for(R"("message":{"title":"T"},"overrides":{"webhook":{"data":null}})");
  EXPECT_EQ(it.request.body, R"({"type":"notification","timestamp":"2026-11-23T12:00:00.500Z"})");
}

TEST(webhook_request, override_that_leaves_no_event_type_fails_the_message) {
  hooks made;
  for (const char* type : {"null", "7", "\"\"", "\"a b\"", "\".a\"", "\"a.\"", "\"a..b\""}) {
    const auto it = made.rendered_for(R"("message":{"title":"T"},"overrides":{"webhook":{"type":)" +
                                      std::string(type) + "}}");
    EXPECT_EQ(it.status, render_status::invalid_message) << type;
    EXPECT_NE(it.detail, "") << type;
  }
}

TEST(webhook_request, missing_variable_is_named) {
  hooks made;
  const auto it = made.rendered_for(R"("message":{"title":"Hi {{nobody}}"})");
  EXPECT_EQ(it.status, render_status::missing_variable);
  EXPECT_EQ(it.detail, "nobody");
}

TEST(webhook_request, body_over_64_kib_is_not_sent) {
  hooks made;
  const auto with_bytes = [&](std::size_t count) {
    return made.rendered_for(R"("message":{"body":")" + std::string(count, 'x') + "\"}");
  };
  const auto around = with_bytes(1).request.body.size() - 1;
  EXPECT_EQ(with_bytes(65'536 - around).status, render_status::ok);
  EXPECT_EQ(with_bytes(65'537 - around).status, render_status::payload_too_large);
}

TEST(webhook_request, origin_is_where_it_goes) {
  hooks made;
  const auto origin = [&](const std::string& url) {
    const auto source =
        job_for(R"({"platform":"webhook","url":")" + url + "\"}", R"("message":{"title":"T"})");
    return source ? made.adapter()->origin_of(source->recipients[0]) : "unparsed";
  };
  EXPECT_EQ(origin("https://Hooks.example:443/in"), "https://hooks.example");
  EXPECT_EQ(origin("https://hooks.example:8443/"), "https://hooks.example:8443");
  EXPECT_EQ(origin("http://hooks.example/"), "") << "not without allow_http";
  EXPECT_EQ(origin("https://user:pw@hooks.example/"), "");
  EXPECT_EQ(origin("https://hooks.example/" + std::string(2'048, 'a')), "") << "too long";
  made.allow_http = true;
  EXPECT_EQ(origin("http://hooks.example/"), "http://hooks.example");
}

TEST(webhook_request, url_that_cannot_be_used_is_not_rendered) {
  hooks made;
  const auto it =
      made.rendered_for(R"("message":{"title":"T"})", R"({"platform":"webhook","url":"http://a/"})");
  EXPECT_EQ(it.status, render_status::unsupported_target);
}

TEST(webhook_keys, are_read_a_line_each) {
  EXPECT_EQ(secrets("# rotated\n" + new_secret + "\r\n\n " + old_secret + " \n").size(), 2U);
  EXPECT_EQ(std::get<std::string>(parse_webhook_secrets("# none\n")), "holds no secret");
  EXPECT_EQ(std::get<std::string>(parse_webhook_secrets(old_secret + "\n" + new_secret + "\n" + old_secret)),
            "holds more than two secrets");
  const auto wrong = std::get<std::string>(parse_webhook_secrets("whsec_c2hvcnQ="));
  EXPECT_EQ(wrong.find("c2hvcnQ"), std::string::npos) << "shows the secret";
}

}  // namespace
}  // namespace dispatch::testing
