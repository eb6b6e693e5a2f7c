#include <gtest/gtest.h>

#include "tests/unit/providers/support.hpp"
#include "tests/unit/providers/webpush/subscriber.hpp"
#include "transport/providers/webpush/webpush_adapter.hpp"

namespace dispatch::testing {
namespace {

/// The headers, or the render's detail.
header_list headers_of(const std::string& rest, const std::string& vars = {}) {
  const auto adapter =
      make_webpush_adapter({.ttl = std::chrono::hours{1}, .now = [] { return epoch_ms{1'795'435'200'000}; }});
  const auto source =
      job_for(subscriber("https://push.example/p", vars), rest + R"("message":{"title":"Hi"})");
  if (!source) return {};
  const auto made = render(*adapter, *source);
  if (made.status != render_status::ok) return {{"detail", made.detail}};
  return made.request.own;
}

std::string overridden(const std::string& name, const std::string& headers) {
  for (const auto& [key, value] : headers_of(R"("overrides":{"webpush":{"headers":)" + headers + "}},"))
    if (key == name || key == "detail") return value;
  return "(none)";
}

std::string dedupe_topic() {
  auto text = key_text();
  std::erase(text, '-');
  return text;
}

TEST(webpush_headers, always_say_a_ttl_and_the_dedupe_key_as_topic) {
  const header_list expected{{"ttl", "3600"}, {"topic", dedupe_topic()}};
  EXPECT_EQ(headers_of(""), expected);
}

TEST(webpush_headers, say_priority_and_collapse_key) {
  const header_list high{{"ttl", "3600"}, {"urgency", "high"}, {"topic", "digest"}};
  EXPECT_EQ(headers_of(R"("priority":"high","collapse_key":"digest",)"), high);
  const header_list normal{
      {"ttl", "3600"}, {"urgency", "normal"}, {"topic", to_hex(sha256("A/da's digest")).substr(0, 32)}};
  EXPECT_EQ(
      headers_of(R"("priority":"normal","collapse_key":"{{who}}'s digest",)", R"(,"vars":{"who":"A/da"})"),
      normal);
}

TEST(webpush_headers, count_the_ttl_from_now_to_the_jobs_end) {
  const auto ttl = [](const std::string& expires) {
    return headers_of(R"("expires_at":)" + expires + ",").at(0).second;
  };
  EXPECT_EQ(ttl("1795435290"), "90");
  EXPECT_EQ(ttl("1795435199"), "0") << "passed meanwhile";
  EXPECT_EQ(ttl("1895435200"), "2419200") << "no push service keeps it longer";
}

TEST(webpush_headers, can_be_overridden) {
  EXPECT_EQ(overridden("ttl", R"({"TTL":"60"})"), "60");
  EXPECT_EQ(overridden("ttl", R"({"ttl":0})"), "0");
  EXPECT_EQ(overridden("urgency", R"({"Urgency":"very-low"})"), "very-low");
  EXPECT_EQ(overridden("urgency", R"({"Urgency":null})"), "(none)");
  EXPECT_EQ(overridden("topic", R"({"Topic":"mine"})"), "mine");
  EXPECT_EQ(overridden("topic", R"({"Topic":"with blanks"})"), to_hex(sha256("with blanks")).substr(0, 32));
  EXPECT_EQ(overridden("topic", R"({"Topic":null})"), "(none)");
}

TEST(webpush_headers, are_only_what_a_push_service_takes) {
  for (const auto* headers :
       {R"({"TTL":"-1"})", R"({"TTL":"1 2"})", R"({"TTL":2419201})", R"({"TTL":null})", R"({"TTL":""})",
        R"({"Urgency":"urgent"})", R"({"Urgency":1})", R"({"Topic":7})", R"({"Crypto-Key":"x"})"})
    EXPECT_NE(overridden("", headers).find("overrides.webpush.headers"), std::string::npos) << headers;
}

}  // namespace
}  // namespace dispatch::testing
