#include "actors/live_settings.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

settings with_attempts(std::uint32_t attempts) {
  settings made;
  made.retry.attempts = attempts;
  return made;
}

TEST(live_settings, begin_with_the_defaults_and_show_what_was_set_last) {
  live_settings live;
  EXPECT_EQ(live->retry.attempts, settings{}.retry.attempts);
  const auto before = live.version();
  live.set(with_attempts(9));
  EXPECT_EQ(live->retry.attempts, 9u);
  EXPECT_EQ((*live).retry.attempts, 9u);
  EXPECT_GT(live.version(), before);
}

TEST(live_settings, a_reference_outlives_the_next_reloads) {
  live_settings live;
  live.set(with_attempts(9));
  const auto& rules = live->retry;
  for (std::uint32_t i = 0; i < 50; ++i) live.set(with_attempts(i));
  EXPECT_EQ(rules.attempts, 9u);
}

TEST(live_settings, what_is_old_and_far_behind_is_freed) {
  live_settings live;
  auto now = live_settings::clock::now();
  for (std::uint32_t i = 0; i < 500; ++i) live.set(with_attempts(i), now += 1s);
  EXPECT_LE(live.kept(), 62u);
  for (std::uint32_t i = 0; i < 10; ++i) live.set(with_attempts(i), now += 1h);
  EXPECT_EQ(live.kept(), 1 + live_settings::kept_at_least);
}

TEST(live_settings, can_be_read_while_they_are_replaced) {
  live_settings live;
  live.set(with_attempts(1));
  std::atomic<bool> over{false};
  std::vector<std::thread> readers;
  std::atomic<std::uint64_t> wrong{0};
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!over) {
        const auto attempts = live->retry.attempts;
        if (attempts < 1 || attempts > 1'000) ++wrong;
      }
    });
  }
  for (std::uint32_t i = 1; i <= 1'000; ++i) live.set(with_attempts(i));
  over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0u);
}

TEST(live_number, reads_and_writes_like_a_double_and_can_be_copied) {
  live_number one = 5;
  live_number other = one;
  one = 7.5;
  EXPECT_EQ(double(one), 7.5);
  EXPECT_EQ(double(other), 5.0);
  other = one;
  EXPECT_EQ(double(other), 7.5);
}

}  // namespace
}  // namespace dispatch
