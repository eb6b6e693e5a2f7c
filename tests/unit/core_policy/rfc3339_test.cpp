#include "core/policy/rfc3339.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(rfc3339, reads_utc) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0ms);
  EXPECT_EQ(parse_rfc3339("2026-11-23T18:00:00Z"), milliseconds{1'795'456'800s});
  EXPECT_EQ(parse_rfc3339("2026-11-23t18:00:00z"), milliseconds{1'795'456'800s});
  EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z"), 482'196'050'520ms);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999Z"), -1ms);
}

TEST(rfc3339, reads_offsets) {
  EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00"), milliseconds{851'042'397s});
  EXPECT_EQ(parse_rfc3339("1970-01-01T05:45:00+05:45"), 0ms);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00-00:00"), 0ms);
  EXPECT_EQ(parse_rfc3339("1969-12-31T00:01:00-23:59"), 0ms);
}

TEST(rfc3339, cuts_fractions_to_milliseconds) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.1Z"), 100ms);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.12Z"), 120ms);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.1239Z"), 123ms);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000999999Z"), 0ms);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.0000000001Z"), std::nullopt);
}

TEST(rfc3339, knows_leap_years) {
  EXPECT_TRUE(parse_rfc3339("2024-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_rfc3339("2000-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2023-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("1900-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2100-02-29T00:00:00Z"));
}

TEST(rfc3339, a_leap_second_is_taken_where_one_can_be) {
  const milliseconds new_year_1991 = 662'688'000s;
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60Z"), new_year_1991);
  EXPECT_EQ(parse_rfc3339("1990-12-31T15:59:60-08:00"), new_year_1991);
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60.5Z"), new_year_1991 + 500ms);
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60-08:00"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("1990-12-30T23:59:60Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("1990-12-31T22:59:60Z"), std::nullopt);
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:61Z"), std::nullopt);
}

TEST(rfc3339, refuses_everything_else) {
  for (const std::string text : {"",
                                 "2026-11-23",
                                 "2026-11-23T18:00:00",
                                 "2026-11-23 18:00:00Z",
                                 "2026-11-23T18:00Z",
                                 "2026-11-23T18:00:00.Z",
                                 "2026-11-23T18:00:00,5Z",
                                 "2026-11-23T18:00:00+0100",
                                 "2026-11-23T18:00:00+01",
                                 "2026-11-23T18:00:00+24:00",
                                 "2026-11-23T18:00:00+01:60",
                                 "2026-11-23T24:00:00Z",
                                 "2026-11-23T18:60:00Z",
                                 "2026-13-23T18:00:00Z",
                                 "2026-00-23T18:00:00Z",
                                 "2026-11-31T18:00:00Z",
                                 "2026-11-00T18:00:00Z",
                                 "2026-1-23T18:00:00Z",
                                 "26-11-23T18:00:00Z",
                                 "02026-11-23T18:00:00Z",
                                 "+2026-11-23T18:00:00Z",
                                 "-026-11-23T18:00:00Z",
                                 "0000-01-01T00:00:00Z",
                                 "2026-11-23T18:00:00Z ",
                                 " 2026-11-23T18:00:00Z",
                                 "2026-11-23T18:00:00ZZ",
                                 "2026/11/23T18:00:00Z",
                                 "1795456800"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(parse_rfc3339(std::string_view{"2026-11-23T18:00:00Z\0", 21}), std::nullopt);
}

TEST(rfc3339, formats_utc_with_milliseconds) {
  EXPECT_EQ(format_rfc3339(0ms), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(-1ms), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(milliseconds{1'795'456'800s} + 7ms), "2026-11-23T18:00:00.007Z");
  EXPECT_EQ(format_rfc3339(951'782'400s), "2000-02-29T00:00:00.000Z");
}

TEST(rfc3339, formats_within_four_digit_years) {
  EXPECT_EQ(format_rfc3339(milliseconds::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(milliseconds::min()), "0001-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace dispatch
