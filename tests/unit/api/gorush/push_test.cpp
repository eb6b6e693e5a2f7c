#include "api/gorush/push.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/api/webhooks/mappings.hpp"

namespace dispatch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

/// The documents, or "STATUS MESSAGE".
std::vector<std::string> documents(const std::string& body, std::size_t most = 100) {
  auto made = convert_push(body, {"duru", "default", most});
  if (const auto* refusal = std::get_if<push_refusal>(&made))
    return {std::to_string(refusal->status) + ' ' + refusal->message};
  return std::get<push_jobs>(std::move(made)).documents;
}

std::size_t counts(const std::string& body) {
  return std::get<push_jobs>(convert_push(body, {"duru", "default", 100})).counts;
}

/// One notification with these members, as a job.
std::unique_ptr<job> pushed(const std::string& members) {
  const auto made = documents("{\"notifications\":[{" + members + "}]}");
  std::string why;
  auto parsed = parsed_job(made[0], &why);
  EXPECT_TRUE(parsed) << why << ' ' << made[0];
  return parsed;
}

TEST(gorush_push, is_a_job_a_notification) {
  const auto body = R"({"notifications":[
    {"tokens":["a","b"],"platform":1,"message":"Hello World iOS!","title":"Gorush with iOS"},
    {"tokens":["c"],"platform":2,"message":"Hello World Android!"}]})";
  const auto made = documents(body);
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(counts(body), 3u);
  const auto ios = parsed_job(made[0]);
  const auto android = parsed_job(made[1]);
  ASSERT_TRUE(ios && android);
  EXPECT_EQ(ios->tenant, "duru");
  EXPECT_EQ(ios->id, "");
  EXPECT_EQ(ios->message.title, "Gorush with iOS");
  EXPECT_EQ(ios->message.body, "Hello World iOS!");
  ASSERT_EQ(ios->recipients.size(), 2u);
  EXPECT_EQ(ios->recipients[1].platform, platform::ios);
  EXPECT_EQ(ios->recipients[1].target, "b");
  EXPECT_EQ(android->recipients[0].platform, platform::android);
}

TEST(gorush_push, maps_the_fields_both_platforms_have) {
  const auto job = pushed(
      R"("tokens":["a"],"platform":2,"title":"T","message":"M","image":"https://x/i.png","priority":"high",
    "sound":"ping.aiff","badge":3,"collapse_id":"c","expiration":1795438800,"notif_id":"n-1","data":{"k":"v","n":7,"o":{"a":[1]}})");
  EXPECT_EQ(job->message.image, "https://x/i.png");
  EXPECT_EQ(job->priority, device_priority::high);
  EXPECT_EQ(job->message.sound, "ping.aiff");
  EXPECT_EQ(job->message.badge, 3);
  EXPECT_EQ(job->collapse_key, "c");
  EXPECT_EQ(job->expires_at, std::chrono::seconds{1795438800});
  EXPECT_EQ(job->recipients[0].id, "n-1");
  EXPECT_THAT(job->message.data, ElementsAre(Pair("k", "v"), Pair("n", "7"), Pair("o", R"({"a":[1]})")));
}

TEST(gorush_push, sends_to_topics_conditions_and_single_tokens) {
  const auto topic = pushed(R"("platform":2,"topic":"/topics/news","message":"M")");
  EXPECT_EQ(topic->recipients[0].kind, target_kind::topic);
  EXPECT_EQ(topic->recipients[0].target, "news");
  const auto condition = pushed(R"("platform":2,"condition":"'a' in topics","message":"M")");
  EXPECT_EQ(condition->recipients[0].kind, target_kind::condition);
  const auto to = pushed(R"("platform":2,"to":"t","tokens":["a"],"message":"M")");
  EXPECT_EQ(to->recipients.size(), 2u);
  const auto ios = pushed(R"("platform":1,"topic":"com.example.app","tokens":["a"],"message":"M")");
  EXPECT_EQ(ios->recipients.size(), 1u) << "for APNs it is the app's bundle, which is configured";
  EXPECT_EQ(ios->recipients[0].kind, target_kind::token);
}

TEST(gorush_push, puts_what_only_apns_has_into_its_override) {
  EXPECT_EQ(
      pushed(
          R"("platform":1,"tokens":["a"],"message":"M","content_available":true,"mutable_content":true,"category":"C",
    "thread-id":"th","interruption_level":"time-sensitive","url-args":["a"],"push_type":"alert","expiration":0,
    "alert":{"subtitle":"S","loc-args":["x"]},"name":"siren.caf","volume":0.5,"data":{"k":"v","n":{"a":1}})")
          ->overrides.apns,
      R"({"headers":{"apns-push-type":"alert","apns-expiration":"0"},"payload":{"aps":{"alert":{"subtitle":"S","loc-args":["x"]},"content-available":1,"mutable-content":1,"category":"C","thread-id":"th","interruption-level":"time-sensitive","url-args":["a"],"sound":{"critical":1,"name":"siren.caf","volume":0.5}},"n":{"a":1}}})");
  EXPECT_EQ(pushed(R"("platform":1,"tokens":["a"],"message":"M","sound":{"critical":1,"name":"x"})")
                ->overrides.apns,
            R"({"payload":{"aps":{"sound":{"critical":1,"name":"x"}}}})");
  EXPECT_EQ(pushed(R"("platform":1,"tokens":["a"],"message":"M","alert":{},"android":{"ttl":"3s"})")
                ->overrides.apns,
            "")
      << "Go clients send an empty alert always";
}

TEST(gorush_push, hands_fcms_blocks_on) {
  const auto job = pushed(
      R"("platform":2,"tokens":["a"],"notification":{"title":"NT","body":"NB","image":"i"},"title":"own",
    "android":{"notification":{"channel_id":"c"}},"apns":{"payload":{"aps":{"badge":1}}},"webpush":{"headers":{"TTL":"1"}})");
  EXPECT_EQ(job->message.title, "own");
  EXPECT_EQ(job->message.body, "NB");
  EXPECT_EQ(job->overrides.android, R"({"notification":{"channel_id":"c"}})");
  EXPECT_EQ(job->overrides.apns, R"({"payload":{"aps":{"badge":1}}})");
  EXPECT_EQ(job->overrides.webpush, R"({"headers":{"TTL":"1"}})");
}

// gorush knows no templates: what looks like one is text.
TEST(gorush_push, sends_braces_as_they_are) {
  const auto job = pushed(
      R"("platform":1,"tokens":["a","b"],"message":"{{x}}","title":"{ok}","data":{"k":"{{y}}"},"alert":{"subtitle":"{{z}}"})");
  ASSERT_EQ(job->recipients.size(), 2u);
  for (const auto& who : job->recipients) {
    EXPECT_EQ(job->variable(who, "literal.0"), "{{x}}");
    EXPECT_EQ(job->variable(who, "literal.1"), "{{y}}");
    EXPECT_EQ(job->variable(who, "literal.2"), "{{z}}");
  }
  EXPECT_EQ(job->message.title, "{ok}");
  EXPECT_EQ(job->message.body, "{{literal.0}}");
}

TEST(gorush_push, ignores_what_it_does_not_know_as_gorush_does) {
  EXPECT_TRUE(pushed(
      R"("platform":2,"tokens":["a"],"message":"M","retry":5,"production":true,"apns_id":"x","delay_while_idle":true,"priority":"urgent")"));
}

TEST(gorush_push, refuses_with_gorushs_words) {
  using ::testing::ElementsAre;
  EXPECT_THAT(documents("{}"), ElementsAre("400 Missing notifications field."));
  EXPECT_THAT(documents("[]"), ElementsAre("400 Missing notifications field."));
  EXPECT_THAT(documents(R"({"notifications":{}})"), ElementsAre("400 Missing notifications field."));
  EXPECT_THAT(documents(R"({"notifications":[]})"), ElementsAre("400 Notifications field is empty."));
  EXPECT_THAT(documents(R"({"notifications":[{},{},{}]})", 2),
              ElementsAre("400 Number of notifications(3) over limit(2)"));
  EXPECT_THAT(documents("nonsense"), ElementsAre("400 The body is not JSON."));
  EXPECT_THAT(documents(""), ElementsAre("400 The body is empty."));
}

TEST(gorush_push, refuses_all_when_one_notification_cannot_be_sent) {
  const auto second = [](const std::string& members) {
    const auto made =
        documents(R"({"notifications":[{"platform":2,"tokens":["a"],"message":"M"},{)" + members + "}]}");
    return made.size() == 1 ? made[0] : "accepted";
  };
  EXPECT_EQ(second(R"("platform":3,"tokens":["a"])"),
            "400 notifications[1]: platform 3 (huawei) is not supported");
  EXPECT_EQ(second(R"("tokens":["a"])"), "400 notifications[1]: platform must be 1 (ios) or 2 (android)");
  EXPECT_EQ(second(R"("platform":"ios","tokens":["a"])"),
            "400 notifications[1]: platform must be 1 (ios) or 2 (android)");
  EXPECT_EQ(second(R"("platform":1)"), "400 notifications[1]: tokens must not be nil or empty");
  EXPECT_EQ(second(R"("platform":1,"topic":"com.example")"),
            "400 notifications[1]: tokens must not be nil or empty");
  EXPECT_EQ(second(R"("platform":1,"tokens":[""])"), "400 notifications[1]: the token must not be empty");
  EXPECT_EQ(second(R"("platform":1,"tokens":[1])"), "400 notifications[1]: the token must not be empty");
  EXPECT_EQ(second(R"("platform":1,"tokens":"a")"),
            "400 notifications[1]: tokens must be an array of strings");
}

// A text is repeated for every token: a request of some hundred KiB could become many MiB.
TEST(gorush_push, refuses_what_grows_too_large_whatever_it_grows_in) {
  const auto notification = [](std::size_t tokens, const std::string& members) {
    std::string list;
    for (std::size_t at = 0; at < tokens; ++at) list.append(at == 0 ? "" : ",").append("\"a\"");
    return "{\"platform\":2,\"message\":\"M\"," + members + "\"tokens\":[" + list + "]}";
  };
  const auto refusal = [](const std::string& list) {
    const auto made = documents("{\"notifications\":[" + list + "]}");
    return made.size() == 1 ? made[0] : "accepted";
  };
  const auto long_id = "\"notif_id\":\"" + std::string(1'000, 'n') + "\",";
  const auto braces = "\"title\":\"{{x}}" + std::string(1'000, 'b') + "\",";
  EXPECT_EQ(refusal(notification(200'000, "")), "413 notifications[0]: the notification is too large");
  EXPECT_EQ(refusal(notification(5'000, long_id)), "413 notifications[0]: the notification is too large");
  EXPECT_EQ(refusal(notification(5'000, braces)), "413 notifications[0]: the notification is too large");
  const auto large = notification(2'500, long_id);
  EXPECT_EQ(refusal(large + ',' + large), "413 The notifications are too large.");
  EXPECT_THAT(documents("{\"notifications\":[" + large + "]}"),
              ElementsAre(::testing::StartsWith("{\"tenant\"")));
}

TEST(gorush_push, answers_in_gorushs_shape) {
  EXPECT_EQ(push_reply(3).status, 200);
  EXPECT_EQ(push_reply(3).body, "{\"success\":\"ok\",\"counts\":3,\"logs\":[]}\n");
  EXPECT_EQ(push_error(400, "a \"quote\" \xff").body,
            "{\"code\":400,\"message\":\"a \\\"quote\\\" \xef\xbf\xbd\"}\n");
  EXPECT_EQ(push_error(503, "x").status, 503);
}

TEST(gorush_door, is_open_to_listed_addresses_only) {
  gorush_settings settings;
  const auto local = *ip_address::parse("10.1.2.3");
  EXPECT_FALSE(gorush_door().open_to(local));
  EXPECT_FALSE(gorush_door(settings).open_to(local));
  settings.tenant = "duru";
  EXPECT_FALSE(gorush_door(settings).open_to(local)) << "an empty list is nobody, not everybody";
  settings.allow_from = {"10.0.0.0/8"};
  const gorush_door door(settings);
  ASSERT_TRUE(door.open_to(local));
  EXPECT_EQ(door.open_to(local)->tenant, "duru");
  EXPECT_EQ(door.open_to(local)->credential, "gorush");
  EXPECT_TRUE(door.open_to(local)->scopes.has(scope::send));
  EXPECT_FALSE(door.open_to(local)->scopes.has(scope::read));
  EXPECT_FALSE(door.open_to(*ip_address::parse("192.0.2.1")));
  EXPECT_FALSE(door.open_to(*ip_address::parse("::1")));
}

}  // namespace
}  // namespace dispatch::test
