#include "core/policy/retry_after.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// 2026-11-23T18:00:00Z, from `date -u +%s`.
constexpr milliseconds now = 1'795'456'800s;
// 1994-11-06T08:49:37Z: RFC 9110's own example.
constexpr milliseconds example = 784'111'777s;

TEST(retry_after, reads_delta_seconds) {
  EXPECT_EQ(parse_retry_after("0", now), 0ms);
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after(" \t7 ", now), 7s);
  EXPECT_EQ(parse_retry_after("007", now), 7s);
}

TEST(retry_after, clamps_what_is_too_long) {
  EXPECT_EQ(parse_retry_after("86400", now), 24h);
  EXPECT_EQ(parse_retry_after("86401", now), 24h);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999999999", now), 24h);
  EXPECT_EQ(parse_retry_after("61", now, 1min), 1min);
  EXPECT_EQ(parse_retry_after("2", now, 1500ms), 1500ms);
  EXPECT_EQ(parse_retry_after("Tue, 24 Nov 2026 18:00:01 GMT", now), 24h);
}

TEST(retry_after, reads_all_three_forms_of_a_date) {
  EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2026 18:00:30 GMT", now), 30s);
  EXPECT_EQ(parse_retry_after("Monday, 23-Nov-26 18:00:30 GMT", now), 30s);
  EXPECT_EQ(parse_retry_after("Mon Nov 23 18:00:30 2026", now), 30s);
  EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2026 18:00:30 GMT", now + 250ms), 29'750ms);
}

TEST(retry_after, a_date_that_has_passed_is_no_wait) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), 0ms);
  EXPECT_EQ(parse_retry_after("Mon, 23 Nov 2026 18:00:00 GMT", now), 0ms);
}

TEST(retry_after, malformed_values_are_nothing) {
  for (const std::string value : {"",
                                  " ",
                                  "-1",
                                  "+1",
                                  "1.5",
                                  "1e3",
                                  "12 34",
                                  "5s",
                                  "soon",
                                  "0x10",
                                  "Mon, 23 Nov 2026 18:00:30",
                                  "Mon, 23 Nov 2026 18:00:30 UTC",
                                  "Mon, 23 Nov 2026 18:00:30 GMT+1",
                                  "Mon 23 Nov 2026 18:00:30 GMT",
                                  "Mon, 3 Nov 2026 18:00:30 GMT",
                                  "Mon, 31 Nov 2026 18:00:30 GMT",
                                  "Mon, 29 Feb 2027 18:00:30 GMT",
                                  "Mon, 00 Nov 2026 18:00:30 GMT",
                                  "Mon, 23 Nov 2026 24:00:30 GMT",
                                  "Mon, 23 Nov 2026 18:60:30 GMT",
                                  "Mon, 23 Nov 2026 18:00:61 GMT",
                                  "mon, 23 nov 2026 18:00:30 gmt",
                                  "Foo, 23 Nov 2026 18:00:30 GMT",
                                  "Mon, 23 Foo 2026 18:00:30 GMT",
                                  "Mon, 23-Nov-26 18:00:30 GMT",
                                  "Mon Nov 23 18:00:30 26",
                                  "Mon Nov 3 18:00:30 2026",
                                  "2026-11-23T18:00:30Z"}) {
    EXPECT_EQ(parse_retry_after(value, now), std::nullopt) << '"' << value << '"';
  }
}

TEST(http_date, reads_the_examples_of_the_rfc) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", now), example);
}

TEST(http_date, a_two_digit_year_is_at_most_fifty_years_ahead) {
  const auto year_of = [](std::string_view text, milliseconds at) {
    const auto parsed = parse_http_date(text, at);
    if (!parsed) return 0;
    const std::chrono::sys_time<milliseconds> time{*parsed};
    return static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year());
  };
  EXPECT_EQ(year_of("Monday, 01-Jan-76 00:00:00 GMT", now), 2076);
  EXPECT_EQ(year_of("Monday, 01-Jan-77 00:00:00 GMT", now), 1977);
  EXPECT_EQ(year_of("Monday, 01-Jan-26 00:00:00 GMT", now), 2026);
  EXPECT_EQ(year_of("Monday, 01-Jan-00 00:00:00 GMT", now), 2000);
  const auto in_2098 = std::chrono::sys_days{std::chrono::year{2098} / 6 / 1}.time_since_epoch();
  EXPECT_EQ(year_of("Monday, 01-Jan-03 00:00:00 GMT", in_2098), 2103);
}

TEST(http_date, knows_leap_years_and_leap_seconds) {
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT", now), milliseconds{1'709'164'800s});
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2100 00:00:00 GMT", now), std::nullopt);
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", now), milliseconds{1'483'228'800s});
}

}  // namespace
}  // namespace dispatch
