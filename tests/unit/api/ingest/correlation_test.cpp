#include "api/ingest/correlation.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dispatch {
namespace {

TEST(correlation, ids_are_words_without_anything_that_breaks_a_line) {
  EXPECT_TRUE(is_correlation_id("order-7/a.b:c@d+e=f_g"));
  EXPECT_TRUE(is_correlation_id(std::string(128, 'a')));
  for (const auto* bad : {"", "a b", "a\nb", "a\"b", "a,b", "\xc3\xa4", "a;b", "{a}"})
    EXPECT_FALSE(is_correlation_id(bad)) << bad;
  EXPECT_FALSE(is_correlation_id(std::string(129, 'a')));
}

TEST(correlation, trace_contexts_are_those_of_version_00) {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_TRUE(is_traceparent(good));
  EXPECT_FALSE(is_traceparent("ff" + good.substr(2)));
  EXPECT_FALSE(is_traceparent(good + "0"));
  EXPECT_FALSE(is_traceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  EXPECT_FALSE(is_traceparent("00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
}

TEST(correlation, made_ids_are_distinct_and_sort_by_time) {
  id_source ids;
  std::set<std::string> all;
  std::string last;
  for (int at = 0; at < 10'000; ++at) {
    const auto next = ids.next();
    EXPECT_LT(last, next);
    EXPECT_TRUE(is_correlation_id(next));
    all.insert(last = next);
  }
  EXPECT_EQ(all.size(), 10'000u);
}

}  // namespace
}  // namespace dispatch
