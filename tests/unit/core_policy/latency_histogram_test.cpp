#include "core/policy/latency_histogram.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(latency_histogram, an_empty_one_is_all_zero) {
  const latency_histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile(0.5), 0us);
  EXPECT_EQ(histogram.min(), 0us);
  EXPECT_EQ(histogram.max(), 0us);
}

TEST(latency_histogram, is_exact_below_128_us) {
  latency_histogram histogram;
  for (int us = 0; us < 128; ++us) histogram.record(std::chrono::microseconds{us});
  EXPECT_EQ(histogram.quantile(0.5), 63us);
  EXPECT_EQ(histogram.quantile(1.0 / 128), 0us);
  EXPECT_EQ(histogram.quantile(2.0 / 128), 1us);
  EXPECT_EQ(histogram.quantile(127.0 / 128), 126us);
  EXPECT_EQ(histogram.quantile(1.0), 127us);
}

TEST(latency_histogram, a_quantile_is_off_by_less_than_a_percent) {
  for (std::int64_t us = 100; us <= 600'000'000; us = us * 21 / 20) {
    latency_histogram histogram;
    histogram.record(1us);
    histogram.record(std::chrono::microseconds{us});
    histogram.record(10min);
    const auto found = static_cast<double>(histogram.quantile(0.5).count());
    EXPECT_NEAR(found, static_cast<double>(us), 0.008 * static_cast<double>(us)) << us;
  }
}

TEST(latency_histogram, its_ends_are_exact) {
  latency_histogram histogram;
  for (const auto us : {123'457us, 99'991us, 5'000'011us}) histogram.record(us);
  EXPECT_EQ(histogram.quantile(0.0), 99'991us);
  EXPECT_EQ(histogram.quantile(1.0), 5'000'011us);
  EXPECT_EQ(histogram.min(), 99'991us);
  EXPECT_EQ(histogram.max(), 5'000'011us);
  EXPECT_EQ(histogram.sum(), 5'223'459us);
}

TEST(latency_histogram, one_value_is_returned_as_it_was) {
  latency_histogram histogram;
  histogram.record(1'234'567us, 1000);
  for (const double q : {0.0, 0.001, 0.5, 0.999, 1.0}) EXPECT_EQ(histogram.quantile(q), 1'234'567us) << q;
  EXPECT_EQ(histogram.count(), 1000U);
}

TEST(latency_histogram, takes_the_nearest_rank) {
  latency_histogram histogram;
  histogram.record(10us, 99);
  histogram.record(100us, 1);
  EXPECT_EQ(histogram.quantile(0.99), 10us);
  EXPECT_EQ(histogram.quantile(0.991), 100us);
}

TEST(latency_histogram, saturates_at_both_ends) {
  latency_histogram histogram;
  histogram.record(-5us);
  histogram.record(1h);
  EXPECT_EQ(histogram.min(), 0us);
  EXPECT_EQ(histogram.max(), 10min);
  EXPECT_EQ(histogram.quantile(1.0), 10min);
  EXPECT_GT(histogram.quantile(0.9), 595s);
}

TEST(latency_histogram, recording_zero_times_records_nothing) {
  latency_histogram histogram;
  histogram.record(5us, 0);
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max(), 0us);
}

TEST(latency_histogram, merging_is_recording_in_one) {
  latency_histogram a;
  latency_histogram b;
  const latency_histogram empty;
  a.record(100us, 3);
  b.record(20us, 1);
  a.merge(b);
  a.merge(empty);
  EXPECT_EQ(a.count(), 4U);
  EXPECT_EQ(a.min(), 20us);
  EXPECT_EQ(a.sum(), 320us);
  EXPECT_EQ(a.quantile(0.25), 20us);
  EXPECT_EQ(a.quantile(0.26), 100us);
  latency_histogram c;
  c.merge(a);
  EXPECT_EQ(c.min(), 20us);
  c.clear();
  EXPECT_EQ(c.count(), 0U);
  EXPECT_EQ(c.quantile(1.0), 0us);
}

}  // namespace
}  // namespace dispatch
