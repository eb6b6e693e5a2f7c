// The wallet against a model that keeps every permit by itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/policy/permit_wallet.hpp"
#include "tests/property/core_policy/seed.hpp"

namespace dispatch {
namespace {

using std::chrono::microseconds;
using test::dice;
using time_point = permit_wallet::time_point;

struct permit {
  time_point opens;
  time_point closes;
};

TEST(permit_wallet_property, agrees_with_permits_kept_one_by_one) {
  dice random{20};
  for (int round = 0; round < 200; ++round) {
    permit_wallet wallet;
    std::vector<permit> permits;
    std::uint64_t lapsed = 0;
    time_point now{std::chrono::hours{1}};
    for (int i = 0; i < 200; ++i) {
      now += microseconds{random.between(0, 30'000)};
      if (random.one_in(4)) {
        const auto interval = random.between(1, 20'000);
        const auto offset = random.between(-50'000, 50'000);
        const auto count = static_cast<std::uint32_t>(random.between(0, 40));
        const auto asked = now;
        now += microseconds{random.between(0, random.one_in(10) ? 120'000 : 5'000)};
        wallet.add({count, 1'000'000 + offset, static_cast<double>(interval), 80'000, 1'000'000, 0}, asked,
                   now);
        for (std::int64_t k = 0; k < count; ++k) {
          const microseconds after{std::max<std::int64_t>(offset + k * interval, 0)};
          permits.push_back({now + after, asked + after + microseconds{80'000}});
        }
      }
      lapsed += std::erase_if(permits, [&](const permit& p) { return p.closes < now; });
      const auto usable =
          std::count_if(permits.begin(), permits.end(), [&](const permit& p) { return p.opens <= now; });
      ASSERT_EQ(wallet.available(now), static_cast<std::uint64_t>(usable))
          << "round " << round << " step " << i;
      ASSERT_EQ(wallet.lapsed_total(), lapsed);
      ASSERT_EQ(wallet.held(), permits.size());

      const auto next = std::min_element(permits.begin(), permits.end(),
                                         [](const permit& a, const permit& b) { return a.opens < b.opens; });
      const auto expected = next == permits.end() ? std::nullopt : std::optional{std::max(now, next->opens)};
      ASSERT_EQ(wallet.next_valid(now), expected);

      const auto wanted = static_cast<std::uint64_t>(random.between(0, 20));
      const auto taken = wallet.take(wanted, now);
      ASSERT_EQ(taken, std::min(wanted, static_cast<std::uint64_t>(usable)));
      auto left = taken;
      std::erase_if(permits, [&](const permit& p) {
        if (left == 0 || p.opens > now) return false;
        --left;
        return true;
      });
    }
  }
}

}  // namespace
}  // namespace dispatch
