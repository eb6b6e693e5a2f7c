// Every rule of the contract that refuses a document, with the exact pointer a producer sees.

#include <gmock/gmock.h>

#include <string>

#include "tests/unit/core_job/parsing.hpp"

namespace dispatch {
namespace {

using test::parse_bad;

struct refusal {
  const char* name;
  std::string document;
  const char* pointer;
  const char* message;  ///< a part of it
};

void PrintTo(const refusal& value, std::ostream* out) {
  *out << value.name;
}

class refusals : public ::testing::TestWithParam<refusal> {};

TEST_P(refusals, name_the_offending_field) {
  const auto& expected = GetParam();
  const auto error = parse_bad(expected.document);
  EXPECT_EQ(error.pointer, expected.pointer);
  EXPECT_THAT(error.message, ::testing::HasSubstr(expected.message));
  EXPECT_LE(error.message.size(), 100u);
  EXPECT_EQ(error.document, expected.document) << "handed back for the dead letter";
}

std::string names(const ::testing::TestParamInfo<refusal>& info) {
  return info.param.name;
}

/// A good document but for one more (or repeated) top-level member.
std::string top(const std::string& member) {
  return R"({"message":{"title":"t"},"recipients":[{"platform":"android","token":"x"}],)" + member + "}";
}
std::string with_message(const std::string& value) {
  return R"({"recipients":[{"platform":"android","token":"x"}],"message":)" + value + "}";
}
std::string with_recipients(const std::string& value) {
  return R"({"message":{"title":"t"},"recipients":)" + value + "}";
}
/// The bad recipient is the second one.
std::string with_recipient(const std::string& value) {
  return with_recipients(R"([{"platform":"android","token":"x"},)" + value + "]");
}
std::string repeat(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}
std::string numbered_members(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":\"v\"";
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    json, refusals,
    ::testing::Values(
        refusal{"empty", "", "", "empty"}, refusal{"not_json", "{", "", "not JSON"},
        refusal{"trailing", "{} x", "", "not JSON"}, refusal{"array", "[]", "", "must be an object"},
        refusal{"scalar", "1", "", "must be an object"},
        refusal{"invalid_utf8", with_message("{\"title\":\"\xff\"}"), "", "UTF-8"},
        refusal{"raw_control", with_message("{\"title\":\"a\nb\"}"), "", "not JSON"},
        refusal{"lone_surrogate", with_message(R"({"title":"\ud800"})"), "", "not JSON"},
        refusal{"lone_low_surrogate", with_message(R"({"title":"\udc00"})"), "", "not JSON"},
        refusal{"too_deep", top(R"("overrides":{"apns":{"a":)" + repeat("[", 40) + repeat("]", 40) + "}}"),
                "", "deeper than 32"},
        refusal{"huge_number", top(R"("send_at":123456789012345678901234567890)"), "", "number"}),
    names);

INSTANTIATE_TEST_SUITE_P(
    top_level, refusals,
    ::testing::Values(
        refusal{"unknown_field", top(R"("mesage":{})"), "/mesage", "unknown field"},
        refusal{"unknown_field_escaped", top(R"("a/b~c":1)"), "/a~1b~0c", "unknown field"},
        refusal{"duplicate_field", top(R"("message":{})"), "/message", "duplicate field"},
        refusal{"duplicate_field_escaped", top(R"("mess\u0061ge":{})"), "/message", "duplicate field"},
        refusal{"long_key_is_cut", top("\"" + repeat("k", 100) + "\":1"),
                "/kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\u2026", "unknown field"},
        refusal{"id_type", top(R"("id":7)"), "/id", "string"},
        refusal{"id_empty", top(R"("id":"")"), "/id", "empty"},
        refusal{"id_character", top(R"("id":"a b")"), "/id", "not allowed"},
        refusal{"id_long", top("\"id\":\"" + repeat("a", 129) + "\""), "/id", "128"},
        refusal{"tenant_character", top(R"("tenant":"a.b")"), "/tenant", "not allowed"},
        refusal{"tenant_long", top("\"tenant\":\"" + repeat("a", 65) + "\""), "/tenant", "64"},
        refusal{"app_character", top(R"("app":"a:b")"), "/app", "not allowed"},
        refusal{"app_null", top(R"("app":null)"), "/app", "string"},
        refusal{"audience_and_recipients", top(R"("audience":"a")"), "/audience", "beside recipients"},
        refusal{"audience_character", R"({"message":{"title":"t"},"audience":"a:b"})", "/audience",
                "not allowed"},
        refusal{"neither", R"({"message":{"title":"t"}})", "/recipients", "audience"},
        refusal{"send_at_text", top(R"("send_at":"tomorrow")"), "/send_at", "RFC 3339"},
        refusal{"send_at_type", top(R"("send_at":true)"), "/send_at", "RFC 3339"},
        refusal{"send_at_negative", top(R"("send_at":-1)"), "/send_at", "seconds"},
        refusal{"send_at_in_milliseconds", top(R"("send_at":1795456800000)"), "/send_at", "seconds"},
        refusal{"expires_at_text", top(R"("expires_at":"2026-13-01T00:00:00Z")"), "/expires_at", "RFC 3339"},
        refusal{"expires_before", top(R"("expires_at":99,"send_at":100)"), "/expires_at", "after send_at"},
        refusal{"expires_same", top(R"("expires_at":100,"send_at":100)"), "/expires_at", "after send_at"},
        refusal{"collapse_empty", top(R"("collapse_key":"")"), "/collapse_key", "empty"},
        refusal{"collapse_long", top("\"collapse_key\":\"" + repeat("a", 65) + "\""), "/collapse_key", "64"},
        refusal{"collapse_crlf", top(R"("collapse_key":"a\r\nb")"), "/collapse_key", "control"},
        refusal{"priority_word", top(R"("priority":"urgent")"), "/priority", "high"},
        refusal{"priority_type", top(R"("priority":1)"), "/priority", "high"},
        refusal{"dry_run_type", top(R"("dry_run":"true")"), "/dry_run", "true or false"}),
    names);

INSTANTIATE_TEST_SUITE_P(
    message, refusals,
    ::testing::Values(
        refusal{"message_missing", R"({"recipients":[{"platform":"android","token":"x"}]})", "/message",
                "required"},
        refusal{"message_type", with_message("\"hi\""), "/message", "object"},
        refusal{"message_empty", with_message("{}"), "/message", "must not be empty"},
        refusal{"message_empty_data", with_message(R"({"data":{}})"), "/message", "must not be empty"},
        refusal{"message_unknown", with_message(R"({"titel":"x"})"), "/message/titel", "unknown"},
        refusal{"message_duplicate", with_message(R"({"title":"x","title":"y"})"), "/message/title",
                "duplicate"},
        refusal{"title_type", with_message(R"({"title":1})"), "/message/title", "string"},
        refusal{"body_type", with_message(R"({"body":null})"), "/message/body", "string"},
        refusal{"image_type", with_message(R"({"image":[]})"), "/message/image", "string"},
        refusal{"link_type", with_message(R"({"link":{}})"), "/message/link", "string"},
        refusal{"data_type", with_message(R"({"data":[]})"), "/message/data", "object"},
        refusal{"data_value", with_message(R"({"data":{"a":"1","b":2}})"), "/message/data/b", "string"},
        refusal{"data_from", with_message(R"({"data":{"from":"1"}})"), "/message/data/from", "reserved"},
        refusal{"data_message_type", with_message(R"({"data":{"message_type":"1"}})"),
                "/message/data/message_type", "reserved"},
        refusal{"data_google", with_message(R"({"data":{"google.x":"1"}})"), "/message/data/google.x",
                "reserved"},
        refusal{"data_gcm", with_message(R"({"data":{"gcm":"1"}})"), "/message/data/gcm", "reserved"},
        refusal{"data_empty_key", with_message(R"({"data":{"":"1"}})"), "/message/data/", "empty"},
        refusal{"data_variable_key", with_message(R"({"data":{"{{a}}":"1"}})"), "/message/data/{{a}}",
                "variables"},
        refusal{"data_duplicate", with_message(R"({"data":{"a":"1","a":"2"}})"), "/message/data/a",
                "duplicate"},
        refusal{"data_many", with_message("{\"data\":{" + numbered_members(257) + "}}"), "/message/data",
                "256"},
        refusal{"data_duplicate_among_many",
                with_message("{\"data\":{" + numbered_members(40) + ",\"k7\":\"\"}}"), "/message/data/k7",
                "duplicate"},
        refusal{"badge_negative", with_message(R"({"badge":-1})"), "/message/badge", "integer"},
        refusal{"badge_fraction", with_message(R"({"badge":1.5})"), "/message/badge", "integer"},
        refusal{"badge_large", with_message(R"({"badge":2147483648})"), "/message/badge", "integer"},
        refusal{"sound_type", with_message(R"({"sound":true})"), "/message/sound", "string"},
        refusal{"overrides_type", top(R"("overrides":[])"), "/overrides", "object"},
        refusal{"overrides_key", top(R"("overrides":{"ios":{}})"), "/overrides/ios", "unknown"},
        refusal{"override_type", top(R"("overrides":{"apns":"x"})"), "/overrides/apns", "object"},
        refusal{"override_duplicate", top(R"("overrides":{"apns":{},"apns":{}})"), "/overrides/apns",
                "duplicate"},
        refusal{"override_deep_duplicate", top(R"("overrides":{"apns":{"l":[0,{"a":1,"a":2}]}})"),
                "/overrides/apns/l/1/a", "duplicate"}),
    names);

INSTANTIATE_TEST_SUITE_P(
    recipients, refusals,
    ::testing::Values(
        refusal{"recipients_type", with_recipients("{}"), "/recipients", "array"},
        refusal{"recipients_empty", with_recipients("[]"), "/recipients", "empty"},
        refusal{"recipient_type", with_recipient("\"x\""), "/recipients/1", "object"},
        refusal{"recipient_unknown", with_recipient(R"({"platform":"ios","tokn":"x"})"), "/recipients/1/tokn",
                "unknown"},
        refusal{"recipient_duplicate", with_recipient(R"({"platform":"ios","token":"x","token":"x"})"),
                "/recipients/1/token", "duplicate"},
        refusal{"platform_missing", with_recipient(R"({"token":"x"})"), "/recipients/1/platform", "required"},
        refusal{"platform_unknown", with_recipient(R"({"platform":"fax","token":"x"})"),
                "/recipients/1/platform", "android"},
        refusal{"platform_type", with_recipient(R"({"platform":1,"token":"x"})"), "/recipients/1/platform",
                "string"},
        refusal{"target_missing", with_recipient(R"({"platform":"ios"})"), "/recipients/1",
                "target is missing"},
        refusal{"two_targets", with_recipient(R"({"platform":"ios","token":"x","topic":"t"})"),
                "/recipients/1/topic", "exactly one"},
        refusal{"android_address", with_recipient(R"({"platform":"android","address":"a@b"})"),
                "/recipients/1/address", "does not fit platform android"},
        refusal{
            "ios_subscription",
            with_recipient(
                R"({"platform":"ios","subscription":{"endpoint":"https://p/","keys":{"p256dh":"B","auth":"a"}}})"),
            "/recipients/1/subscription", "does not fit"},
        refusal{"email_token", with_recipient(R"({"token":"x","platform":"email"})"), "/recipients/1/token",
                "does not fit"},
        refusal{"webhook_address", with_recipient(R"({"platform":"webhook","address":"a@b"})"),
                "/recipients/1/address", "does not fit"},
        refusal{"web_url", with_recipient(R"({"platform":"web","url":"https://x"})"), "/recipients/1/url",
                "does not fit"},
        refusal{"token_empty", with_recipient(R"({"platform":"ios","token":""})"), "/recipients/1/token",
                "empty"},
        refusal{"token_long",
                with_recipient("{\"platform\":\"ios\",\"token\":\"" + repeat("t", 4097) + "\"}"),
                "/recipients/1/token", "4096"},
        refusal{"token_control", with_recipient(R"({"platform":"ios","token":"a\u0000b"})"),
                "/recipients/1/token", "control"},
        refusal{"topic_character", with_recipient(R"({"platform":"ios","topic":"/topics/a"})"),
                "/recipients/1/topic", "not allowed"},
        refusal{"fid_character", with_recipient(R"({"platform":"android","fid":"a.b"})"), "/recipients/1/fid",
                "not allowed"},
        refusal{"email_fid", with_recipient(R"({"platform":"email","fid":"x"})"), "/recipients/1/fid",
                "does not fit"},
        refusal{"fid_and_token", with_recipient(R"({"platform":"ios","token":"x","fid":"y"})"),
                "/recipients/1/fid", "exactly one"},
        refusal{"channel_character", with_recipient(R"({"platform":"ios","channel":"a b"})"),
                "/recipients/1/channel", "not allowed"},
        refusal{"channel_long",
                with_recipient("{\"platform\":\"ios\",\"channel\":\"" + repeat("t", 129) + "\"}"),
                "/recipients/1/channel", "128"},
        refusal{"android_channel", with_recipient(R"({"platform":"android","channel":"x"})"),
                "/recipients/1/channel", "does not fit platform android"},
        refusal{"condition_control", with_recipient(R"({"platform":"ios","condition":"a\nb"})"),
                "/recipients/1/condition", "control"},
        refusal{"address_without_at", with_recipient(R"({"platform":"email","address":"ada"})"),
                "/recipients/1/address", "mail address"},
        refusal{"address_header_injection",
                with_recipient(R"({"platform":"email","address":"a@b\r\nBcc: c@d"})"),
                "/recipients/1/address", "control"},
        refusal{"address_list", with_recipient(R"({"platform":"email","address":"a@b,c@d"})"),
                "/recipients/1/address", "one mail address"},
        refusal{"url_scheme", with_recipient(R"({"platform":"webhook","url":"ftp://x"})"),
                "/recipients/1/url", "https://"},
        refusal{"url_blank", with_recipient(R"({"platform":"webhook","url":"https://x/ y"})"),
                "/recipients/1/url", "not allowed"},
        refusal{"recipient_id_long",
                with_recipient("{\"platform\":\"ios\",\"token\":\"x\",\"id\":\"" + repeat("i", 129) + "\"}"),
                "/recipients/1/id", "128"},
        refusal{"recipient_id_type", with_recipient(R"({"platform":"ios","token":"x","id":5})"),
                "/recipients/1/id", "string"}),
    names);

std::string with_subscription(const std::string& value) {
  return with_recipient(R"({"platform":"web","subscription":)" + value + "}");
}
std::string with_vars(const std::string& value) {
  return with_recipient(R"({"platform":"ios","token":"x","vars":)" + value + "}");
}

INSTANTIATE_TEST_SUITE_P(
    parts_of_a_recipient, refusals,
    ::testing::Values(
        refusal{"subscription_type", with_subscription("\"x\""), "/recipients/1/subscription", "object"},
        refusal{"endpoint_missing", with_subscription(R"({"keys":{"p256dh":"B","auth":"a"}})"),
                "/recipients/1/subscription/endpoint", "required"},
        refusal{"endpoint_in_clear",
                with_subscription(R"({"endpoint":"http://p/","keys":{"p256dh":"B","auth":"a"}})"),
                "/recipients/1/subscription/endpoint", "https://"},
        refusal{"keys_missing", with_subscription(R"({"endpoint":"https://p/"})"),
                "/recipients/1/subscription/keys", "required"},
        refusal{"auth_missing", with_subscription(R"({"endpoint":"https://p/","keys":{"p256dh":"B"}})"),
                "/recipients/1/subscription/keys/auth", "required"},
        refusal{"p256dh_missing", with_subscription(R"({"endpoint":"https://p/","keys":{"auth":"B"}})"),
                "/recipients/1/subscription/keys/p256dh", "required"},
        refusal{"keys_unknown", with_subscription(R"({"endpoint":"https://p/","keys":{"p265dh":"B"}})"),
                "/recipients/1/subscription/keys/p265dh", "unknown"},
        refusal{"subscription_unknown", with_subscription(R"({"url":"https://p/"})"),
                "/recipients/1/subscription/url", "unknown"},
        refusal{"vars_type", with_vars("[]"), "/recipients/1/vars", "object"},
        refusal{"var_nested", with_vars(R"({"a":{}})"), "/recipients/1/vars/a", "string, an integer"},
        refusal{"var_null", with_vars(R"({"a":null})"), "/recipients/1/vars/a", "string, an integer"},
        refusal{"var_fraction", with_vars(R"({"price":1.50})"), "/recipients/1/vars/price", "digits"},
        refusal{"var_name", with_vars(R"({"a b":"x"})"), "/recipients/1/vars/a b", "name"},
        refusal{"var_name_empty", with_vars(R"({"":"x"})"), "/recipients/1/vars/", "name"},
        refusal{"var_duplicate", with_vars(R"({"a":"x","a":"x"})"), "/recipients/1/vars/a", "duplicate"},
        refusal{"vars_many", with_vars("{" + numbered_members(101) + "}"), "/recipients/1/vars", "100"}),
    names);

TEST(job_limits_of_the_contract, refuse_a_document_over_4_MiB) {
  const auto error = parse_bad(top("\"id\":\"" + repeat("a", 4u << 20) + "\""));
  EXPECT_EQ(error.pointer, "");
  EXPECT_THAT(error.message, ::testing::HasSubstr("4194304"));
}

TEST(job_limits_of_the_contract, refuse_more_than_10000_recipients) {
  const std::string one = R"({"platform":"android","token":"x"})";
  std::string list = "[" + one;
  for (int i = 1; i < 10'000; ++i) list += "," + one;
  const auto most = test::parse_good(with_recipients(list + "]"));
  ASSERT_TRUE(most);
  EXPECT_EQ(most->recipients.size(), 10'000u);
  EXPECT_EQ(most->recipients.back().index, 9'999u);
  const auto error = parse_bad(with_recipients(list + "," + one + "]"));
  EXPECT_EQ(error.pointer, "/recipients");
}

std::string android(const std::string& vars) {
  return R"({"platform":"android","token":"x","vars":{"v":")" + vars + "\"}}";
}

TEST(expansion, with_more_placeholders_than_anybody_needs_is_refused) {
  const auto one = android("");
  const auto job = [&](const std::string& message) {
    return "{\"message\":" + message + ",\"recipients\":[" + one + "]}";
  };
  EXPECT_TRUE(test::parse_good(job("{\"title\":\"" + repeat("{{v}}", 4'096) + "\"}")));
  EXPECT_EQ(parse_bad(job("{\"title\":\"" + repeat("{{v}}", 4'097) + "\"}")).pointer, "/message/title");
  const auto half = repeat("{{v}}", 2'049);
  EXPECT_EQ(parse_bad(job("{\"title\":\"" + half + R"(","data":{"a":")" + half + "\"}}")).pointer,
            "/message/data");
  EXPECT_EQ(
      parse_bad(job(R"({"title":"t"},"overrides":{"android":{"x":[")" + repeat("{{v}}", 4'097) + "\"]}}"))
          .pointer,
      "/overrides/android");
}

TEST(expansion, that_fits_no_recipient_is_refused) {
  const auto title = repeat("{{v}}", 2'000);
  const auto job = [&](const std::string& recipients) {
    return "{\"message\":{\"title\":\"" + title + "\"},\"recipients\":[" + recipients + "]}";
  };
  const auto long_one = android(repeat("x", 1'000)), short_one = android("x");
  EXPECT_EQ(parse_bad(job(long_one + "," + long_one)).pointer, "/message");
  EXPECT_TRUE(test::parse_good(job(long_one + "," + short_one))) << "it is sent to one of them";
  EXPECT_TRUE(test::parse_good(job(R"({"platform":"android","token":"x"})"))) << "ends as missing_variable";
  // What is left of a job is not looked at again: the others have been sent.
  job_parser parser;
  const std::uint64_t second[] = {1};
  EXPECT_TRUE(std::holds_alternative<std::unique_ptr<dispatch::job>>(parser.parse(job(long_one), second)));
}

TEST(refusal_text, holds_no_value_of_the_document) {
  const std::string secret = repeat("SECRET", 700);
  for (const auto& document :
       {with_recipient("{\"platform\":\"ios\",\"token\":\"" + secret + "\"}"),
        with_recipient("{\"platform\":\"email\",\"address\":\"SECRET\"}"),
        with_recipient("{\"platform\":\"SECRET\",\"token\":\"x\"}"), top("\"priority\":\"SECRET\"")}) {
    const auto error = parse_bad(document);
    EXPECT_EQ((error.pointer + error.message).find("SECRET"), std::string::npos) << error.message;
  }
}

TEST(recipient_alone, is_checked_by_the_same_rules) {
  job_parser parser;
  EXPECT_FALSE(parser.check_recipient(R"({"platform":"ios","token":"x","vars":{"a":1}})"));
  const auto error = parser.check_recipient(R"({"platform":"ios","token":7})");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->pointer, "/token");
  EXPECT_EQ(parser.check_recipient("{").value().pointer, "");
}

}  // namespace
}  // namespace dispatch
