#include "actors/rendered_bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(rendered_bytes, are_held_at_every_level_until_the_claim_ends) {
  const auto whole = std::make_shared<rendered_bytes>(100);
  const auto app = std::make_shared<rendered_bytes>(whole);
  const auto origin = std::make_shared<rendered_bytes>(app);
  {
    const rendered_bytes::claim first(origin, 10);
    rendered_bytes::claim second(app, 5);
    EXPECT_EQ(origin->held(), 10u);
    EXPECT_EQ(app->held(), 15u);
    EXPECT_EQ(whole->held(), 15u);
    rendered_bytes::claim moved = std::move(second);
    EXPECT_EQ(whole->held(), 15u);
    moved = rendered_bytes::claim();
    EXPECT_EQ(whole->held(), 10u);
  }
  EXPECT_EQ(whole->held(), 0u);
}

TEST(rendered_bytes, leave_room_for_those_who_hold_nothing) {
  const auto whole = std::make_shared<rendered_bytes>(120);
  const auto app = std::make_shared<rendered_bytes>(whole), other = std::make_shared<rendered_bytes>(whole);
  const auto slow = std::make_shared<rendered_bytes>(app), quick = std::make_shared<rendered_bytes>(app);
  std::vector<rendered_bytes::claim> claims;
  while (slow->has_room()) claims.emplace_back(slow, 1);
  EXPECT_EQ(slow->held(), 40u);
  EXPECT_FALSE(slow->has_ample_room());
  EXPECT_TRUE(quick->has_room()) << "another origin of the app";
  while (quick->has_room()) claims.emplace_back(quick, 1);
  EXPECT_TRUE(other->has_room()) << "another app";
}

TEST(rendered, requests_that_wait_for_their_provider_are_bounded_in_bytes_and_none_is_lost) {
  virtual_engine engine([](settings& config) {
    config.platforms.served_by[index_of(platform::webhook)] = provider::webhook;
    config.engine.rendered_bytes = 4u << 20;
  });
  engine.on_origin = [](const std::string&, scripted_channel& way) { way.latency = 1s; };
  const auto large = R"("overrides":{"webhook":{"x":")" + std::string(20'000, 'x') + "\"}},";
  for (int job = 0; job < 20; ++job) {
    std::vector<std::string> to;
    for (int i = 0; i < 100; ++i) to.push_back("https://h" + std::to_string(i) + ".example/x");
    engine.add(lane::normal, webhook_document("j" + std::to_string(job), to, large));
  }
  std::uint64_t most = 0;
  ASSERT_TRUE(engine.run_until(
      [&] {
        most = std::max(most, engine.parts().scopes.rendered());
        return engine.idle();
      },
      120s));
  EXPECT_EQ(engine.webhooks().size(), 2'000u);
  for (const auto& row : engine.webhooks()) ASSERT_EQ(row.attempt, 1u);
  EXPECT_LE(most, 4u << 20);
  EXPECT_EQ(engine.parts().scopes.rendered(), 0u);
}

}  // namespace
}  // namespace dispatch
