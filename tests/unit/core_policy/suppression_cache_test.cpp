#include "core/policy/suppression_cache.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using enum suppression_cache::known;
using milliseconds = std::chrono::milliseconds;

constexpr milliseconds now = 1'795'456'800s;

token_fingerprint token(int number) {
  return token_fingerprint::of("fcm:default", "token-" + std::to_string(number));
}

TEST(suppression_cache, knows_what_it_was_told_until_it_ends) {
  suppression_cache cache;
  EXPECT_EQ(cache.find(token(1), now), nothing);
  cache.suppressed(token(1), now + 24h, now);
  cache.clear(token(2), now);
  EXPECT_EQ(cache.find(token(1), now), suppressed);
  EXPECT_EQ(cache.find(token(2), now), clear);
  EXPECT_EQ(cache.find(token(3), now), nothing);
  EXPECT_EQ(cache.find(token(2), now + 59'999ms), clear);
  EXPECT_EQ(cache.find(token(2), now + 60s), nothing);
  EXPECT_EQ(cache.find(token(1), now + 24h - 1ms), suppressed);
  EXPECT_EQ(cache.find(token(1), now + 24h), nothing);
}

TEST(suppression_cache, the_last_word_counts) {
  suppression_cache cache;
  cache.clear(token(1), now);
  cache.suppressed(token(1), now + 1h, now);
  EXPECT_EQ(cache.find(token(1), now), suppressed);
  cache.clear(token(1), now);
  EXPECT_EQ(cache.find(token(1), now), clear);
  cache.forget(token(1));
  EXPECT_EQ(cache.find(token(1), now), nothing);
  cache.suppressed(token(1), now, now);
  EXPECT_EQ(cache.find(token(1), now), nothing);
}

TEST(suppression_cache, said_again_after_its_end_it_holds_again) {
  suppression_cache cache({8, 60'000ms});
  for (int i = 0; i < 8; ++i) cache.suppressed(token(i), now + 1s, now);
  cache.suppressed(token(5), now + 1h, now + 2s);
  EXPECT_EQ(cache.find(token(5), now + 3s), suppressed);
}

TEST(suppression_cache, stays_within_its_memory_and_keeps_the_dead_before_the_living) {
  suppression_cache cache({1'000, 60'000ms});
  EXPECT_EQ(cache.capacity(), 1'024U);
  for (int i = 0; i < 300; ++i) cache.suppressed(token(i), now + 1h, now);
  for (int i = 1'000; i < 100'000; ++i) cache.clear(token(i), now + milliseconds(i));
  int held = 0;
  for (int i = 0; i < 300; ++i) held += cache.find(token(i), now + 1s) == suppressed ? 1 : 0;
  EXPECT_GE(held, 295) << "lost only where more than eight of the dead share a place";
  EXPECT_GT(cache.evictions(), 90'000U);
}

TEST(suppression_cache, an_expired_entry_is_room_and_no_eviction) {
  suppression_cache cache({8, 60'000ms});
  for (int i = 0; i < 8; ++i) cache.suppressed(token(i), now + 1s, now);
  EXPECT_EQ(cache.evictions(), 0U);
  for (int i = 8; i < 16; ++i) cache.suppressed(token(i), now + 1h, now + 2s);
  EXPECT_EQ(cache.evictions(), 0U);
  for (int i = 8; i < 16; ++i) EXPECT_EQ(cache.find(token(i), now + 2s), suppressed) << i;
}

TEST(suppression_cache, without_a_time_for_the_living_only_the_dead_are_kept) {
  suppression_cache cache({100, 0ms});
  cache.clear(token(1), now);
  EXPECT_EQ(cache.find(token(1), now), nothing);
  cache.suppressed(token(1), now + 1h, now);
  cache.clear(token(1), now);
  EXPECT_EQ(cache.find(token(1), now), nothing) << "what was said later still counts";
}

TEST(suppression_cache, a_clock_set_back_does_not_keep_a_clear_token_for_hours) {
  suppression_cache cache;
  cache.clear(token(1), now);
  EXPECT_EQ(cache.find(token(1), now - 2h), nothing);
}

}  // namespace
}  // namespace dispatch
