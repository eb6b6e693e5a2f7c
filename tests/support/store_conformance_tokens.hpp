#pragma once

// The part of store_conformance.hpp that is about suppressed tokens (storage/token_store.hpp).

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "storage/token_store.hpp"
#include "tests/support/store_conformance.hpp"

namespace dispatch {

inline token_fingerprint test_token(int number) {
  return token_fingerprint::of("fcm:default", "token-" + std::to_string(number));
}

inline store_result<std::vector<epoch_ms>> suppressed_of(process& from,
                                                         std::vector<token_fingerprint> tokens) {
  return from.call<std::vector<epoch_ms>>(
      [&](auto done) { from.storage->tokens().suppressed(std::move(tokens), done); });
}

inline store_result<nothing> suppress_by(process& by, std::vector<suppress_mark> marks) {
  return by.call<nothing>([&](auto done) { by.storage->tokens().suppress(std::move(marks), done); });
}

using token_ends = std::vector<epoch_ms>;

TEST_P(store_conformance, a_suppressed_token_is_so_for_every_process_until_its_end) {
  using namespace std::chrono_literals;
  process one(*backend, "one"), two(*backend, "two");
  const auto before = backend->now();
  ASSERT_TRUE(suppress_by(one, {{test_token(1), 24h}, {test_token(2), 1h}}));
  const auto after = backend->now();
  const auto seen = suppressed_of(two, {test_token(2), test_token(3), test_token(1)});
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->size(), 3U);
  EXPECT_EQ((*seen)[1], epoch_ms{0});
  EXPECT_GE((*seen)[0], before + 1h);
  EXPECT_LE((*seen)[0], after + 1h);
  EXPECT_GE((*seen)[2], before + 24h);
  EXPECT_LE((*seen)[2], after + 24h);
}

TEST_P(store_conformance, a_disabled_endpoint_is_listed_until_it_is_forgotten) {
  using namespace std::chrono_literals;
  process one(*backend, "one");
  ASSERT_TRUE(suppress_by(one, {{test_token(1), 1h, R"({"url":"a"})"}, {test_token(2), 1h}}));
  EXPECT_EQ(backend->hash("endpoints"), (store_backend::fields{{test_token(1).text(), R"({"url":"a"})"}}));
  ASSERT_TRUE(suppress_by(one, {{test_token(1), 0ms}}));
  EXPECT_TRUE(backend->hash("endpoints").empty());
}

TEST_P(store_conformance, a_mark_replaces_an_earlier_one_and_is_forgotten_when_asked) {
  using namespace std::chrono_literals;
  process one(*backend, "one");
  ASSERT_TRUE(suppress_by(one, {{test_token(1), 24h}, {test_token(2), 24h}}));
  ASSERT_TRUE(suppress_by(one, {{test_token(1), 1h}, {test_token(2), 0ms}, {test_token(3), -5ms}}));
  const auto seen = suppressed_of(one, {test_token(1), test_token(2), test_token(3)});
  ASSERT_TRUE(seen);
  EXPECT_LE((*seen)[0], backend->now() + 1h);
  EXPECT_GT((*seen)[0], epoch_ms{0});
  EXPECT_EQ((*seen)[1], epoch_ms{0});
  EXPECT_EQ((*seen)[2], epoch_ms{0});
}

TEST_P(store_conformance, what_this_process_marked_it_sees_at_once_also_after_it_saw_none) {
  using namespace std::chrono_literals;
  process one(*backend, "one");
  EXPECT_EQ(*suppressed_of(one, {test_token(1)}), token_ends{epoch_ms{0}});
  ASSERT_TRUE(suppress_by(one, {{test_token(1), 1h}}));
  EXPECT_GT((*suppressed_of(one, {test_token(1)}))[0], epoch_ms{0});
}

TEST_P(store_conformance, a_process_knows_whether_any_token_is_suppressed) {
  using namespace std::chrono_literals;
  process one(*backend, "one"), two(*backend, "two");
  ASSERT_FALSE(one.sample()->tokens_suppressed);
  ASSERT_FALSE(two.sample()->tokens_suppressed);
  EXPECT_FALSE(one.storage->tokens().any());
  ASSERT_TRUE(suppress_by(one, {{test_token(1), 1h}}));
  EXPECT_TRUE(one.storage->tokens().any());
  EXPECT_TRUE(two.sample()->tokens_suppressed);
  EXPECT_TRUE(two.storage->tokens().any());
}

TEST_P(store_conformance, tokens_not_believed_dead_are_kept_by_scope_for_an_operator) {
  process one(*backend, "one");
  checkpoint what;
  for (int i = 0; i < 3; ++i) {
    withheld_token token;
    token.scope = i < 2 ? "fcm:default" : "apns:default";
    token.event = {false,          "acme", platform::android, "token-" + std::to_string(i),
                   "unregistered", "j",    epoch_ms(1'000)};
    token.mark = test_token(i);
    token.until = epoch_ms(i * 5'000);
    what.withheld.push_back(std::move(token));
  }
  what.tokens.push_back({false, "acme", platform::ios, "believed", "unregistered", "j", epoch_ms(1'000)});
  ASSERT_TRUE(one.write(what));
  const auto kept = backend->stream("withheld:fcm:default");
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(backend->stream("withheld:apns:default").size(), 1U);
  const auto& second = kept[1];
  EXPECT_EQ(second.at("tenant"), "acme");
  EXPECT_EQ(second.at("platform"), "android");
  EXPECT_EQ(second.at("token"), "token-1");
  EXPECT_EQ(second.at("reason"), "unregistered");
  EXPECT_EQ(second.at("job"), "j");
  EXPECT_EQ(second.at("mark"), test_token(1).text());
  EXPECT_EQ(second.at("until"), "5000");
  ASSERT_EQ(backend->stream("tokens").size(), 1U);
  EXPECT_EQ(backend->stream("tokens")[0].at("token"), "believed");
}

TEST_P(store_conformance, looking_at_marks_needs_no_lease_and_making_them_does) {
  using namespace std::chrono_literals;
  process one(*backend, "one", false);
  EXPECT_EQ(*suppressed_of(one, {test_token(1), test_token(2)}), (token_ends{epoch_ms{0}, epoch_ms{0}}));
  const auto refused = suppress_by(one, {{test_token(1), 1h}});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().what, store_error::code::refused);
}

TEST_P(store_conformance, a_process_that_was_taken_over_marks_nothing) {
  using namespace std::chrono_literals;
  process one(*backend, "one"), two(*backend, "two");
  backend->lapse("one");
  ASSERT_TRUE(two.take_over("one"));
  const auto refused = suppress_by(one, {{test_token(1), 1h}});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().what, store_error::code::fenced);
  EXPECT_EQ(*suppressed_of(two, {test_token(1)}), token_ends{epoch_ms{0}});
}

TEST_P(store_conformance, marks_come_by_thousands_but_not_without_a_bound) {
  using namespace std::chrono_literals;
  process one(*backend, "one");
  std::vector<suppress_mark> marks;
  std::vector<token_fingerprint> tokens;
  for (int i = 0; i < int(token_store::max_at_once); ++i) {
    marks.push_back({test_token(i), 1h});
    tokens.push_back(test_token(i));
  }
  ASSERT_TRUE(suppress_by(one, marks));
  const auto seen = suppressed_of(one, tokens);
  ASSERT_TRUE(seen);
  for (const auto& end : *seen) ASSERT_GT(end, epoch_ms{0});
  marks.push_back({test_token(-1), 1h});
  tokens.push_back(test_token(-1));
  EXPECT_TRUE(suppress_by(one, marks).has_error());
  EXPECT_TRUE(suppressed_of(one, tokens).has_error());
  EXPECT_EQ(*suppressed_of(one, {}), token_ends{});
  EXPECT_TRUE(suppress_by(one, {}));
}

}  // namespace dispatch
