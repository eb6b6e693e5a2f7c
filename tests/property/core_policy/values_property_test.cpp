// Timestamps against the C library's calendar, histograms against sorted samples, UUIDs against their order.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>
#include <string>
#include <vector>

#include "core/policy/latency_histogram.hpp"
#include "core/policy/retry_after.hpp"
#include "core/policy/rfc3339.hpp"
#include "core/policy/uuid.hpp"
#include "tests/property/core_policy/seed.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::dice;

constexpr std::int64_t year_1 = -62'135'596'800;
constexpr std::int64_t year_10000 = 253'402'300'800;

/// In the C locale, which a test program starts in.
std::string in_form(const char* form, std::int64_t time) {
  const std::time_t t = time;
  std::tm parts{};
  gmtime_r(&t, &parts);
  std::string text(64, '\0');
  text.resize(std::strftime(text.data(), text.size(), form, &parts));
  return text;
}

TEST(rfc3339_property, agrees_with_the_c_library) {
  dice random{50};
  for (int i = 0; i < 50'000; ++i) {
    const auto time =
        random.one_in(2) ? random.between(0, 4'000'000'000) : random.between(year_1 + 86'400, year_10000 - 1);
    auto expected = in_form("%Y-%m-%dT%H:%M:%S.000Z", time);
    expected.insert(0, 24 - expected.size(), '0');  // years under 1000
    ASSERT_EQ(format_rfc3339(seconds{time}), expected);
    ASSERT_EQ(parse_rfc3339(expected), milliseconds{seconds{time}});
  }
}

TEST(rfc3339_property, reads_back_what_it_wrote_and_understands_offsets) {
  dice random{51};
  for (int i = 0; i < 50'000; ++i) {
    const milliseconds time{random.between((year_1 + 86'400) * 1000, (year_10000 - 86'400) * 1000)};
    ASSERT_EQ(parse_rfc3339(format_rfc3339(time)), time);
    const auto minutes = random.between(-1439, 1439);
    auto local = format_rfc3339(time + std::chrono::minutes{minutes});
    local.pop_back();
    const auto away = std::abs(minutes);
    local += minutes < 0 ? '-' : '+';
    local += {static_cast<char>('0' + away / 600), static_cast<char>('0' + away / 60 % 10), ':',
              static_cast<char>('0' + away % 60 / 10), static_cast<char>('0' + away % 10)};
    ASSERT_EQ(parse_rfc3339(local), time) << local;
  }
}

TEST(http_date_property, all_forms_agree_with_the_c_library) {
  dice random{52};
  const milliseconds now = 1'795'456'800s;
  for (int i = 0; i < 30'000; ++i) {
    const auto time = random.between(1'795'456'800 - 49LL * 31'536'000, 1'795'456'800 + 49LL * 31'536'000);
    for (const char* form :
         {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
      const auto text = in_form(form, time);
      ASSERT_EQ(parse_http_date(text, now), milliseconds{seconds{time}}) << text;
    }
  }
}

TEST(timestamp_property, damaged_text_is_refused_or_means_a_time) {
  dice random{53};
  const std::string whole[] = {"2026-11-23T18:00:00.123+01:00", "Mon, 23 Nov 2026 18:00:30 GMT",
                               "Monday, 23-Nov-26 18:00:30 GMT", "Mon Nov  3 18:00:30 2026", "120"};
  for (int i = 0; i < 100'000; ++i) {
    auto text = whole[random.between(0, 4)];
    for (auto edits = random.between(1, 3); edits > 0 && !text.empty(); --edits) {
      const auto at = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(text.size()) - 1));
      if (random.one_in(3)) {
        text.erase(at, 1);
      } else {
        text[at] = static_cast<char>(random.between(0, 255));
      }
    }
    if (const auto time = parse_rfc3339(text)) {
      ASSERT_EQ(parse_rfc3339(format_rfc3339(*time)), time) << text;
    }
    if (const auto wait = parse_retry_after(text, 1'795'456'800s)) {
      ASSERT_GE(*wait, 0ms);
      ASSERT_LE(*wait, 24h);
    }
  }
}

TEST(latency_property, quantiles_agree_with_sorted_samples) {
  dice random{54};
  for (int round = 0; round < 60; ++round) {
    std::vector<std::int64_t> samples;
    std::array<latency_histogram, 3> parts;
    const auto magnitude = 1 + random.unit() * 8;
    for (auto i = random.between(1, 5'000); i > 0; --i) {
      samples.push_back(static_cast<std::int64_t>(std::pow(10.0, random.unit() * magnitude)) % 600'000'001);
      parts[static_cast<std::size_t>(random.between(0, 2))].record(std::chrono::microseconds{samples.back()});
    }
    for (std::size_t i = 1; i < parts.size(); ++i) parts[0].merge(parts[i]);
    std::sort(samples.begin(), samples.end());
    ASSERT_EQ(parts[0].count(), samples.size());
    for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank =
          std::max<std::int64_t>(1, std::llround(std::ceil(q * static_cast<double>(samples.size()))));
      const auto exact = static_cast<double>(samples[static_cast<std::size_t>(rank) - 1]);
      ASSERT_NEAR(static_cast<double>(parts[0].quantile(q).count()), exact, 0.008 * exact) << q;
    }
  }
}

TEST(uuid_property, version_7_rises_whatever_the_clock_does) {
  dice random{55};
  for (int round = 0; round < 20; ++round) {
    uuid_v7_generator generate;
    milliseconds now{random.between(0, 4'000'000'000'000)};
    uuid last;
    for (int i = 0; i < 10'000; ++i) {
      if (random.one_in(20)) now += milliseconds{random.between(-1'000, 1'000)};
      const auto next = generate.next(now, {random.bits(), random.bits()});
      ASSERT_LT(last, next);
      ASSERT_LT(last.text(), next.text());
      ASSERT_EQ(next.bytes()[6] >> 4, 7);
      ASSERT_EQ(next.bytes()[8] >> 6, 2);
      last = next;
    }
  }
}

TEST(uuid_property, version_4_keeps_122_random_bits) {
  dice random{56};
  std::set<uuid> seen;
  std::array<std::uint8_t, 16> ever_set{};
  std::array<std::uint8_t, 16> ever_clear{};
  for (int i = 0; i < 10'000; ++i) {
    const auto id = uuid::v4({random.bits(), random.bits()});
    ASSERT_TRUE(seen.insert(id).second);
    for (std::size_t b = 0; b < 16; ++b) {
      ever_set[b] = static_cast<std::uint8_t>(ever_set[b] | id.bytes()[b]);
      ever_clear[b] = static_cast<std::uint8_t>(ever_clear[b] | ~id.bytes()[b]);
    }
  }
  for (std::size_t b = 0; b < 16; ++b) {
    EXPECT_EQ(ever_set[b], b == 6 ? 0x4f : b == 8 ? 0xbf : 0xff) << b;
    EXPECT_EQ(ever_clear[b], b == 6 ? 0xbf : b == 8 ? 0x7f : 0xff) << b;
  }
}

}  // namespace
}  // namespace dispatch
