// A short text can name a long value many times: whatever the channel and wherever the text lands, what is
// rendered stops soon after the provider's limit, and the recipient ends payload_too_large.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/providers/support.hpp"
#include "transport/crypto/webhook_secret.hpp"
#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/fcm_adapter.hpp"
#include "transport/providers/smtp/smtp_adapter.hpp"
#include "transport/providers/webhook/webhook_adapter.hpp"
#include "transport/providers/webhook/webhook_keys.hpp"
#include "transport/providers/webpush/webpush_adapter.hpp"

namespace dispatch::testing {
namespace {

constexpr std::size_t value_bytes = 300'000;

struct channel_case {
  const char* name;
  std::unique_ptr<provider_adapter> (*make)();
  std::string recipient;           ///< its members, without vars
  std::size_t limit;               ///< of a body, generously
  std::vector<const char*> rests;  ///< a job's members; HERE is the text
};

void PrintTo(const channel_case& value, std::ostream* out) {
  *out << value.name;
}

std::unique_ptr<provider_adapter> fcm() {
  fcm_options options;
  options.project_id = "duru-test";
  return make_fcm_adapter(options);
}
std::unique_ptr<provider_adapter> apns() {
  apns_options options;
  options.topic = "example.app";
  return make_apns_adapter(options);
}
std::unique_ptr<provider_adapter> webpush() {
  return make_webpush_adapter({});
}
std::unique_ptr<provider_adapter> webhook() {
  auto secrets = parse_webhook_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  auto keys = std::make_shared<webhook_keys>(std::get<std::vector<webhook_secret>>(std::move(secrets)));
  return make_webhook_adapter({.keys = keys, .allow_http = false, .now = {}});
}
std::unique_ptr<provider_adapter> smtp() {
  smtp_options options;
  options.from = {"Duru Notes", "notes@duru.example"};
  return make_smtp_adapter(options);
}

constexpr auto in_title = R"("message":{"title":"HERE"})";
constexpr auto in_body = R"("message":{"title":"t","body":"HERE"})";
constexpr auto in_image = R"("message":{"title":"t","image":"https://x/HERE"})";
constexpr auto in_link = R"("message":{"title":"t","link":"https://x/HERE"})";
constexpr auto in_data = R"("message":{"title":"t","data":{"a":"HERE"}})";

class render_bounds : public ::testing::TestWithParam<channel_case> {};

std::string with_text(std::string rest, const std::string& text) {
  return rest.replace(rest.find("HERE"), 4, text);
}

TEST_P(render_bounds, hold_wherever_the_text_lands) {
  const auto& given = GetParam();
  const auto adapter = given.make();
  const auto recipient = "{" + given.recipient + R"(,"vars":{"v":")" + std::string(value_bytes, 'v') + "\"}}";
  std::string many;
  for (int i = 0; i < 4'000; ++i) many += "{{v}}";
  for (const auto* rest : given.rests) {
    // Beside one who could be sent it, for else the job is refused.
    const auto source = parse_job("{\"id\":\"j\",\"recipients\":[" + recipient + ",{" + given.recipient +
                                  R"(,"vars":{"v":""}}],)" + with_text(rest, many) + "}");
    ASSERT_TRUE(source) << rest;
    const auto made = render(*adapter, *source);
    EXPECT_EQ(made.status, render_status::payload_too_large) << rest << ": " << made.detail;
    EXPECT_FALSE(made.detail.empty()) << rest;
    EXPECT_LE(made.request.body.capacity(), 20 * given.limit) << rest;
    for (const auto& [name, value] : made.request.own) EXPECT_LE(value.size(), 16'384U) << rest;
    EXPECT_EQ(render(*adapter, *source, 1).status, render_status::ok) << rest;
  }
}

INSTANTIATE_TEST_SUITE_P(
    channels, render_bounds,
    ::testing::Values(
        channel_case{"fcm_android",
                     fcm,
                     R"("platform":"android","token":"T")",
                     4'096,
                     {in_title, in_body, in_image, in_link, in_data,
                      R"("message":{"title":"t"},"overrides":{"android":{"notification":{"a":"HERE"}}})",
                      R"("message":{"title":"t"},"overrides":{"android":{"x":["HERE"]}})"}},
        channel_case{"fcm_ios",
                     fcm,
                     R"("platform":"ios","token":"T")",
                     4'096,
                     {in_title, in_body, in_data, R"("message":{"title":"t","sound":"s","body":"HERE"})",
                      R"("message":{"title":"t"},"overrides":{"apns":{"payload":{"aps":{"a":"HERE"}}}})",
                      R"("message":{"title":"t"},"overrides":{"apns":{"headers":{"apns-x":"HERE"}}})"}},
        channel_case{"fcm_web", fcm, R"("platform":"web","token":"T")", 4'096, {in_title, in_link, in_data}},
        channel_case{
            "apns",
            apns,
            R"("platform":"ios","token":"T")",
            4'096,
            {in_title, in_body, in_image, in_link, in_data,
             R"("message":{"title":"t"},"overrides":{"apns":{"payload":{"x":"HERE"}}})",
             R"("message":{"title":"t"},"overrides":{"apns":{"headers":{"apns-x":"HERE"}}})",
             R"("message":{"title":"t"},"overrides":{"apns":{"headers":{"apns-collapse-id":"HERE"}}})",
             R"("message":{},"overrides":{"apns":{"headers":{"apns-push-type":"liveactivity"},)"
             R"("payload":{"aps":{"timestamp":1,"event":"update","content-state":{"a":"HERE"}}}}})"}},
        channel_case{
            "webpush",
            webpush,
            R"("platform":"web","subscription":{"endpoint":"https://push.example/x","keys":{)"
            R"("p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRp)"
            R"(kNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}})",
            4'096,
            {in_title, in_body, in_image, in_link, in_data,
             R"("message":{"title":"t"},"overrides":{"webpush":{"notification":{"a":"HERE"}}})",
             R"("message":{"title":"t"},"overrides":{"webpush":{"headers":{"Topic":"HERE"}}})"}},
        channel_case{"webhook",
                     webhook,
                     R"("platform":"webhook","url":"https://h.example/x")",
                     65'536,
                     {in_title, in_body, in_image, in_link, in_data,
                      R"("message":{"title":"t"},"overrides":{"webhook":{"data":{"a":"HERE"}}})"}},
        channel_case{
            "smtp",
            smtp,
            R"("platform":"email","address":"ada@example.com")",
            1u << 20,
            {in_title, in_body, in_link,
             R"("message":{"title":"t"},"overrides":{"email":{"subject":"SHERE"}})",
             R"("message":{"title":"t"},"overrides":{"email":{"text":"HERE"}})",
             R"("message":{"title":"t"},"overrides":{"email":{"html":"HERE"}})",
             R"("message":{"title":"t"},"overrides":{"email":{"headers":{"X-A":"HERE"}}})",
             R"("message":{"title":"t"},"overrides":{"email":{"list_unsubscribe":"https://x/HERE"}})"}}),
    [](const auto& of) { return std::string(of.param.name); });

TEST(render_bounds_of_collapse_keys, hold_too) {
  // At most 64 bytes, so 12 placeholders: a digest is made of what they become.
  const auto recipient = [](const char* members) {
    return "{" + std::string(members) + R"(,"vars":{"v":")" + std::string(value_bytes, 'v') + "\"}}";
  };
  const auto rest = R"("collapse_key":"{{v}}{{v}}","message":{"title":"t"})";
  const auto ios = recipient(R"("platform":"ios","token":"T")");
  EXPECT_EQ(render(*fcm(), *job_for(ios, rest)).status, render_status::payload_too_large);
  EXPECT_EQ(render(*apns(), *job_for(ios, rest)).status, render_status::payload_too_large);
  const auto web = recipient(R"("platform":"web","token":"T")");
  EXPECT_EQ(render(*fcm(), *job_for(web, rest)).status, render_status::payload_too_large);
}

TEST(render_bounds_of_many_headers, hold_too) {
  std::string headers;
  for (int i = 0; i < 2'000; ++i)
    headers += (i ? "," : "") + ("\"apns-" + std::to_string(i)) + "\":\"" + std::string(100, 'x') + "\"";
  const auto source =
      job_for(R"({"platform":"ios","token":"T"})",
              R"("message":{"title":"t"},"overrides":{"apns":{"headers":{)" + headers + "}}}");
  const auto made = render(*apns(), *source);
  EXPECT_EQ(made.status, render_status::payload_too_large);
  EXPECT_LE(made.request.own.size(), 200U);
}

TEST(render_bounds_of_punctuation, hold_where_the_provider_does_not_count_it) {
  std::string arrays;
  for (int i = 0; i < 100'000; ++i) arrays += i ? ",[]" : "[]";
  const auto source = job_for(R"({"platform":"android","token":"T"})",
                              R"("message":{"title":"t"},"overrides":{"android":{"x":[)" + arrays + "]}}");
  const auto made = render(*fcm(), *source);
  EXPECT_EQ(made.status, render_status::payload_too_large);
  EXPECT_LE(made.request.body.capacity(), 100'000U);
}

// Fields are put in when a mail is compiled, once a job: what they may become is bounded as well.
TEST(render_bounds_of_a_mails_fields, hold_when_it_is_compiled) {
  std::string marks, sections;
  for (int i = 0; i < 4'000; ++i) marks += "{{unsubscribe}}";
  for (int i = 0; i < 30'000; ++i) sections += "{{#unsubscribe}}{{/unsubscribe}}";
  const auto ada = R"({"platform":"email","address":"ada@example.com"})";
  const auto mail = [&](const std::string& text, const std::string& uri) {
    return job_for(ada, R"("message":{},"overrides":{"email":{"subject":"s","text":")" + text +
                            R"(","list_unsubscribe":"https://x/)" + uri + "\"}}");
  };
  EXPECT_EQ(render(*smtp(), *mail(marks, std::string(300'000, 'u'))).status,
            render_status::payload_too_large);
  EXPECT_EQ(render(*smtp(), *mail(marks, "")).status, render_status::ok);
  EXPECT_EQ(render(*smtp(), *mail(sections + "t", "")).status, render_status::ok);
}

}  // namespace
}  // namespace dispatch::testing
