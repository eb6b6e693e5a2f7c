#include <gmock/gmock.h>

#include <array>

#include "tests/unit/core_job/parsing.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using test::parse_good;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr auto full = R"({
  "id": "digest-2026-11-23", "tenant": "duru-notes", "app": "notes_2",
  "send_at": "2026-11-23T18:00:00Z", "expires_at": 1795478400.25,
  "collapse_key": "digest", "priority": "high",
  "message": { "title": "Hi {{name}}", "body": "A \"quote\" \u00e7 \ud83d\ude00", "image": "https://i", "link": "https://l",
               "data": {"note": "{{note_id}}", "dispatch_id": "own"}, "badge": 1, "sound": "default" },
  "overrides": { "android": { "a" : 1.50, "b": "x  y" }, "apns": {}, "webpush": {"t": [1, 2]} },
  "recipients": [
    {"id": "u1", "platform": "android", "token": "tok1", "vars": {"name": "Ada", "note_id": 7, "pro": true}},
    {"platform": "ios", "token": "tok2"},
    {"platform": "web", "subscription": {"endpoint": "https://push/x", "expirationTime": null, "keys": {"p256dh": "BP", "auth": "AA"}}},
    {"platform": "android", "topic": "news"},
    {"platform": "android", "condition": "'a' in topics"},
    {"platform": "email", "address": "ada@example.com", "vars": {"name": "Lovelace"}},
    {"platform": "webhook", "url": "https://hook/x"},
    {"platform": "android", "fid": "cIhXXXX-xxxx_xxxxxxxxx"},
    {"platform": "ios", "channel": "dHN0LXNyY2gtY2hubA=="}
  ],
  "dry_run": true
})";

TEST(good_document, gives_every_field) {
  const auto parsed = parse_good(full);
  ASSERT_TRUE(parsed);
  const auto& j = *parsed;
  EXPECT_EQ(j.id, "digest-2026-11-23");
  EXPECT_TRUE(j.has_own_id());
  EXPECT_EQ(j.tenant, "duru-notes");
  EXPECT_EQ(j.app, "notes_2");
  EXPECT_EQ(j.send_at, epoch_ms(1795456800'000));
  EXPECT_EQ(j.expires_at, epoch_ms(1795478400'250));
  EXPECT_EQ(j.collapse_key, "digest");
  EXPECT_EQ(j.priority, device_priority::high);
  EXPECT_EQ(j.message.title, "Hi {{name}}");
  EXPECT_EQ(j.message.body, "A \"quote\" \xc3\xa7 \xf0\x9f\x98\x80");
  EXPECT_EQ(j.message.image, "https://i");
  EXPECT_EQ(j.message.link, "https://l");
  EXPECT_EQ(j.message.badge, 1);
  EXPECT_EQ(j.message.sound, "default");
  EXPECT_THAT(j.message.data, ElementsAre(Pair("note", "{{note_id}}"), Pair("dispatch_id", "own")));
  EXPECT_TRUE(j.dry_run);
  EXPECT_EQ(j.document, full);
}

TEST(good_document, keeps_overrides_as_written_but_for_blanks) {
  const auto j = parse_good(full);
  ASSERT_TRUE(j);
  EXPECT_EQ(j->overrides.android, R"({"a":1.50,"b":"x  y"})");
  EXPECT_EQ(j->overrides.apns, "{}");
  EXPECT_EQ(j->overrides.webpush, R"({"t":[1,2]})");
  EXPECT_EQ(j->overrides.email, "");
  EXPECT_EQ(j->overrides.webhook, "");
}

TEST(good_document, gives_every_kind_of_target) {
  const auto j = parse_good(full);
  ASSERT_TRUE(j);
  ASSERT_EQ(j->recipients.size(), 9u);
  const std::array<std::tuple<platform, target_kind, std::string_view>, 9> expected{{
      {platform::android, target_kind::token, "tok1"},
      {platform::ios, target_kind::token, "tok2"},
      {platform::web, target_kind::subscription, "https://push/x"},
      {platform::android, target_kind::topic, "news"},
      {platform::android, target_kind::condition, "'a' in topics"},
      {platform::email, target_kind::address, "ada@example.com"},
      {platform::webhook, target_kind::url, "https://hook/x"},
      {platform::android, target_kind::fid, "cIhXXXX-xxxx_xxxxxxxxx"},
      {platform::ios, target_kind::channel, "dHN0LXNyY2gtY2hubA=="},
  }};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& r = j->recipients[i];
    EXPECT_EQ(std::tuple(r.platform, r.kind, r.target), expected[i]) << i;
    EXPECT_EQ(r.index, i);
  }
  EXPECT_EQ(j->recipients[0].id, "u1");
  EXPECT_EQ(j->recipients[1].id, "");
  EXPECT_EQ(j->recipients[2].p256dh, "BP");
  EXPECT_EQ(j->recipients[2].auth, "AA");
}

TEST(good_document, gives_each_recipient_its_own_variables) {
  const auto j = parse_good(full);
  ASSERT_TRUE(j);
  EXPECT_EQ(j->variable(j->recipients[0], "name"), "Ada");
  EXPECT_EQ(j->variable(j->recipients[0], "note_id"), "7");
  EXPECT_EQ(j->variable(j->recipients[0], "pro"), "true");
  EXPECT_EQ(j->variable(j->recipients[1], "name"), std::nullopt);
  EXPECT_EQ(j->variable(j->recipients[5], "name"), "Lovelace");
  EXPECT_EQ(j->variable(j->recipients[5], "note_id"), std::nullopt);
}

TEST(good_document, needs_little) {
  const auto j = parse_good(R"({"message":{"body":"b"},"recipients":[{"platform":"web","topic":"t"}]})");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->tenant, "default");
  EXPECT_EQ(j->app, "default");
  EXPECT_EQ(j->id, "");
  EXPECT_FALSE(j->has_own_id());
  EXPECT_FALSE(j->send_at);
  EXPECT_FALSE(j->expires_at);
  EXPECT_EQ(j->priority, device_priority::unset);
  EXPECT_FALSE(j->dry_run);
  j->name("normal-1-0");
  EXPECT_EQ(j->id, "normal-1-0");
  EXPECT_FALSE(j->has_own_id());
}

TEST(good_document, may_name_an_audience) {
  const auto j = parse_good(R"({"message":{"title":"t"},"audience":"november.digest"})");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->audience, "november.digest");
  EXPECT_TRUE(j->recipients.empty());
}

TEST(good_document, may_have_an_empty_message_beside_overrides) {
  const auto j =
      parse_good(R"({"message":{},"overrides":{"apns":{"aps":{"content-available":1}}},"audience":"a"})");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->overrides.apns, R"({"aps":{"content-available":1}})");
}

TEST(good_document, may_stand_at_every_limit) {
  const std::string longest_token(4096, 't');
  const auto j = parse_good(R"({"id":")" + std::string(128, 'i') + R"(","collapse_key":")" +
                            std::string(64, 'c') + R"(","tenant":")" + std::string(64, 'n') +
                            R"(","message":{"badge":0},"recipients":[{"platform":"ios","token":")" +
                            longest_token + "\"}]}");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->recipients[0].target, longest_token);
  EXPECT_EQ(j->message.badge, 0);
}

TEST(good_document, takes_escaped_keys) {
  const auto j = parse_good(
      R"({"m\u0065ssage":{"title":"t"},"ov\u0065rrides":{"\u0061pns":{"x":1}},"recipients":[{"platform":"ios","token":"x"}]})");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->overrides.apns, R"({"x":1})");
}

TEST(good_document, gives_a_rest_its_original_positions) {
  const std::array<std::uint64_t, 2> positions{499, 12};
  const std::string document =
      R"({"message":{"title":"t"},"recipients":[{"platform":"ios","token":"x"},{"platform":"ios","token":"y"}]})";
  const auto j = parse_good(document, positions);
  ASSERT_TRUE(j);
  EXPECT_EQ(j->recipients[0].index, 499u);
  EXPECT_EQ(j->recipients[1].index, 12u);
  auto wrong = test::parse(document, std::span(positions).first(1));
  ASSERT_TRUE(std::holds_alternative<job_error>(wrong));
  EXPECT_EQ(std::get<job_error>(wrong).pointer, "/recipients");
}

TEST(job_parser, keeps_jobs_apart_from_the_documents_that_follow) {
  job_parser parser;
  const auto document = [](const std::string& title) {
    return R"({"message":{"title":")" + title + R"("},"recipients":[{"platform":"ios","token":"x"}]})";
  };
  auto first = std::get<std::unique_ptr<job>>(parser.parse(document("first")));
  auto large = std::get<std::unique_ptr<job>>(parser.parse(document(std::string(2'000'000, 'l'))));
  auto refused = parser.parse("{}");
  EXPECT_TRUE(std::holds_alternative<job_error>(refused));
  auto last = std::get<std::unique_ptr<job>>(parser.parse(document("last")));
  EXPECT_EQ(first->message.title, "first");
  EXPECT_EQ(large->message.title.size(), 2'000'000u);
  EXPECT_EQ(last->message.title, "last");
}

TEST(job_parser, takes_an_empty_document_as_its_first) {
  job_parser parser;
  EXPECT_TRUE(std::holds_alternative<job_error>(parser.parse("")));
  EXPECT_TRUE(job_parser().check_recipient(""));
}

TEST(job_parser, takes_fractions_and_offsets_of_time) {
  const auto j = parse_good(
      R"({"send_at":"2026-11-23T19:00:00.5+01:00","expires_at":1795456801,"message":{"title":"t"},"audience":"a"})");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->send_at, epoch_ms(1795456800'500));
  EXPECT_EQ(j->expires_at, epoch_ms(1795456801'000));
}

}  // namespace
}  // namespace dispatch
