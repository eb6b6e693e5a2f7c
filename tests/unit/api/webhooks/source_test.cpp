#include "api/webhooks/source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/api/webhooks/mappings.hpp"

namespace dispatch::test {
namespace {

using ::testing::StartsWith;

constexpr std::chrono::system_clock::time_point now{std::chrono::seconds{1'795'435'200}};

webhook_source source(const std::string& id_rule = "", const std::string& name = "notes") {
  principal who{"source:" + name, "duru", {}, {}};
  auto mapping = webhook_mapping::compile(
      R"({"when":[{"pointer":"/kind","in":["note","memo"]}],
          "job":{"message":{"title":"{{/title}}"},"recipients":[{"platform":"ios","token":"a"}]}})");
  return {name,
          std::move(who),
          lane::high,
          bearer_scheme{{"the shared word of it"}},
          *delivery_id_rule::parse(id_rule),
          std::get<webhook_mapping>(std::move(mapping))};
}

http_request delivery(std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  headers.emplace_back("authorization", "Bearer the shared word of it");
  return {"POST", "/v1/webhooks/notes", std::move(headers), std::move(body), "192.0.2.1"};
}

std::string outcome(const webhook_conversion& conversion) {
  if (const auto* made = std::get_if<webhook_job>(&conversion)) return made->id;
  if (std::holds_alternative<webhook_filtered>(conversion)) return "filtered";
  const auto& problem = std::get<webhook_problem>(conversion);
  return std::to_string(problem.status) + ' ' + problem.pointer + ' ' + problem.detail;
}

const std::string note = R"({"kind":"note","title":"T","event":"evt_1","number":17})";

TEST(webhook_source, makes_a_job_of_its_tenant) {
  const auto conversion = source().convert(delivery(note, {{"webhook-id", "msg_1"}}), now);
  ASSERT_EQ(outcome(conversion), "notes:msg_1");
  std::string why;
  const auto job = parsed_job(std::get<webhook_job>(conversion).document, &why);
  ASSERT_TRUE(job) << why;
  EXPECT_EQ(job->id, "notes:msg_1");
  EXPECT_EQ(job->tenant, "duru");
  EXPECT_EQ(job->message.title, "T");
}

TEST(webhook_source, is_the_same_job_for_the_same_delivery) {
  const auto once = source().convert(delivery(note, {{"x-github-delivery", "72d3162e"}}), now);
  const auto again =
      source().convert(delivery(note, {{"x-github-delivery", "72d3162e"}}), now + std::chrono::hours(1));
  EXPECT_EQ(std::get<webhook_job>(once).document, std::get<webhook_job>(again).document);
}

TEST(webhook_source, takes_the_deliverys_id_from_where_it_is_told) {
  EXPECT_EQ(outcome(source().convert(delivery(note, {{"x-github-delivery", "72d3162e"}}), now)),
            "notes:72d3162e");
  EXPECT_EQ(outcome(source().convert(delivery(note), now)), "notes:" + to_hex(sha256(note)));
  EXPECT_EQ(outcome(source("/event").convert(delivery(note, {{"webhook-id", "msg_1"}}), now)), "notes:evt_1");
  EXPECT_EQ(outcome(source("/number").convert(delivery(note), now)), "notes:17");
  EXPECT_EQ(outcome(source("/none").convert(delivery(note), now)), "notes:" + to_hex(sha256(note)));
  EXPECT_EQ(outcome(source("header:X-Event").convert(delivery(note, {{"x-event", "e"}}), now)), "notes:e");
  EXPECT_EQ(outcome(source("body").convert(delivery(note, {{"webhook-id", "msg_1"}}), now)),
            "notes:" + to_hex(sha256(note)));
}

TEST(webhook_source, makes_an_id_of_every_deliverys) {
  const std::string odd = "a b/ü";
  EXPECT_EQ(outcome(source().convert(delivery(note, {{"webhook-id", odd}}), now)),
            "notes:" + to_hex(sha256(odd)));
  const std::string longest(48, 'n');
  const std::string id(100, 'x');
  const auto made = outcome(source("", longest).convert(delivery(note, {{"webhook-id", id}}), now));
  EXPECT_EQ(made, longest + ':' + to_hex(sha256(id)));
  EXPECT_LE(made.size(), 128u);
}

TEST(webhook_source, refuses_what_is_not_authentic_before_it_looks_inside) {
  auto forged = delivery("not json");
  forged.headers[0].second = "Bearer another word";
  EXPECT_EQ(outcome(source().convert(forged, now)),
            "401  the webhook's signature is missing, wrong or too old");
}

TEST(webhook_source, says_what_it_cannot_make_a_job_of) {
  EXPECT_EQ(outcome(source().convert(delivery("not json"), now)), "422  the payload is not JSON");
  EXPECT_EQ(outcome(source().convert(delivery(""), now)), "422  the payload is empty");
  EXPECT_EQ(outcome(source().convert(delivery("{\"kind\":\"note\",\"kind\":\"x\"}"), now)),
            "422  the payload has a key twice in one object");
  EXPECT_EQ(outcome(source().convert(delivery("\"\xff\""), now)), "422  the payload is not UTF-8");
  EXPECT_EQ(outcome(source().convert(delivery(std::string(5'000, '[') + std::string(5'000, ']')), now)),
            "422  the payload is nested too deep");
  EXPECT_EQ(outcome(source().convert(delivery(R"({"kind":"note"})"), now)),
            "422 /title is missing in the payload");
  EXPECT_EQ(outcome(source().convert(delivery("[]"), now)), "filtered");
  EXPECT_EQ(outcome(source().convert(delivery(R"({"kind":"other"})"), now)), "filtered");
}

TEST(delivery_id_rule, is_nothing_else) {
  for (const char* text : {"/", "/a/b", "header:x", "body", ""})
    EXPECT_TRUE(delivery_id_rule::parse(text)) << text;
  for (const char* text : {"event", "header:", "/a~", "BODY", " "})
    EXPECT_FALSE(delivery_id_rule::parse(text)) << text;
}

}  // namespace
}  // namespace dispatch::test
