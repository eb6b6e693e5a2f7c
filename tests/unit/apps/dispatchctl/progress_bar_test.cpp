#include "apps/dispatchctl/progress_bar.hpp"

#include <gtest/gtest.h>

namespace dispatch::ctl {
namespace {

using namespace std::chrono_literals;

const progress_bar::time_point start{std::chrono::hours{1}};

TEST(progress_bar, is_empty_at_the_start) {
  progress_bar bar{"load", 1'000, start};
  EXPECT_EQ(bar.done(), 0u);
  EXPECT_EQ(bar.percent(), 0);
  EXPECT_EQ(bar.rate(start), 0);
  EXPECT_LT(bar.eta_seconds(start), 0);
  EXPECT_FALSE(bar.finished());
  EXPECT_EQ(bar.line(start, 100),
            "load [------------------------------]    0.0 %  0/1,000  0.0/s  ETA --:--");
}

TEST(progress_bar, tells_rate_and_eta_of_a_steady_source) {
  progress_bar bar{"load", 1'000, start};
  for (int i = 1; i <= 10; ++i) bar.update(static_cast<std::uint64_t>(i) * 50, start + i * 1s);
  auto now = start + 10s;
  EXPECT_DOUBLE_EQ(bar.rate(now), 50);
  EXPECT_EQ(bar.eta_seconds(now), 10);
  EXPECT_EQ(bar.line(now, 100),
            "load [###############---------------]   50.0 %  500/1,000  50.0/s  ETA 0:10");
}

TEST(progress_bar, forgets_what_is_older_than_its_window) {
  progress_bar bar{"load", 100'000, start, 5s};
  bar.update(10'000, start + 1s);  // 10,000/s, long ago
  for (int i = 2; i <= 20; ++i) bar.update(10'000u + static_cast<std::uint64_t>(i) * 10, start + i * 1s);
  EXPECT_NEAR(bar.rate(start + 20s), 10, 0.01);
}

TEST(progress_bar, shows_a_stall_as_a_falling_rate) {
  progress_bar bar{"load", 1'000, start};
  bar.update(100, start + 1s);
  EXPECT_DOUBLE_EQ(bar.rate(start + 1s), 100);
  EXPECT_DOUBLE_EQ(bar.rate(start + 10s), 10);
}

TEST(progress_bar, ends_with_the_average_of_the_whole) {
  progress_bar bar{"load", 1'000, start};
  bar.update(100, start + 9s);
  bar.update(1'000, start + 10s);
  EXPECT_TRUE(bar.finished());
  EXPECT_DOUBLE_EQ(bar.rate(start + 10s), 100);
  EXPECT_EQ(bar.eta_seconds(start + 10s), 0);
  EXPECT_EQ(bar.line(start + 60s, 100),
            "load [##############################]  100.0 %  1,000/1,000  100/s  in 1:00");
}

TEST(progress_bar, never_says_all_before_it_is_all) {
  progress_bar bar{"load", 1'000'000, start};
  bar.update(999'999, start + 1s);
  EXPECT_NE(bar.line(start + 1s, 120).find(" 99.9 %"), std::string::npos);
  EXPECT_EQ(bar.line(start + 1s, 120).find("100.0 %"), std::string::npos);
}

TEST(progress_bar, ignores_counts_and_times_that_go_back) {
  progress_bar bar{"load", 1'000, start};
  bar.update(500, start + 2s);
  bar.update(400, start + 3s);
  bar.update(600, start + 1s);
  EXPECT_EQ(bar.done(), 500u);
}

TEST(progress_bar, takes_a_count_past_the_total) {
  progress_bar bar{"load", 10, start};
  bar.update(20, start + 1s);
  EXPECT_DOUBLE_EQ(bar.percent(), 100);
  EXPECT_TRUE(bar.finished());
}

TEST(progress_bar, counts_alone_when_the_total_is_unknown) {
  progress_bar bar{"read", 0, start};
  bar.update(2'500, start + 2s);
  EXPECT_FALSE(bar.finished());
  EXPECT_EQ(bar.line(start + 2s, 80), "read  2,500  1,250/s  0:02");
  bar.set_total(5'000);
  EXPECT_EQ(bar.eta_seconds(start + 2s), 2);
}

TEST(progress_bar, fits_any_terminal) {
  progress_bar bar{"a-rather-long-label-of-a-job", 123'456'789, start};
  bar.update(12'345'678, start + 60s);
  for (std::size_t columns = 20; columns < 200; ++columns) {
    EXPECT_LE(bar.line(start + 60s, columns).size(), columns);
  }
  EXPECT_EQ(bar.line(start + 60s, 60).find('['), std::string::npos);
}

TEST(progress_bar, keeps_a_bounded_number_of_samples) {
  progress_bar bar{"load", 1'000'000, start, 5s};
  for (std::uint64_t i = 1; i <= 100'000; ++i) bar.update(i, start + std::chrono::microseconds{i * 10});
  EXPECT_NEAR(bar.rate(start + 1s), 100'000, 1'000);
}

TEST(clock_text, has_hours_only_when_there_are_any) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(75), "1:15");
  EXPECT_EQ(clock_text(4'000), "1:06:40");
  EXPECT_EQ(clock_text(-1), "--:--");
}

TEST(grouped, separates_thousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
}

TEST(progress_bar, steers_no_terminal) {
  progress_bar bar{
      "a\x1b[2J\xc2\x9b"
      "31m\u202e",
      0, progress_bar::time_point{}};
  EXPECT_TRUE(bar.line(progress_bar::time_point{}, 80).starts_with("a?[2J?31m?  ")) << "a name anybody chose";
  progress_bar cut{"aaaaaaaaaaaaaaaaaaaé", 0, progress_bar::time_point{}};
  EXPECT_EQ(cut.line(progress_bar::time_point{}, 20), "aaaaaaaaaaaaaaaaaaa?") << "cut through a character";
}

}  // namespace
}  // namespace dispatch::ctl
