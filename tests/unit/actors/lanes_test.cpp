#include <gtest/gtest.h>

#include <map>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

void add_bulk(virtual_engine& engine, const std::string& id, int recipients) {
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < recipients; ++i) to.emplace_back(platform::android, id + std::to_string(i));
  engine.add(lane::bulk, job_document(id, to));
}

TEST(lanes, a_single_on_the_high_lane_overtakes_a_bulk_job) {
  virtual_engine engine;
  for (int i = 0; i < 20; ++i) add_bulk(engine, "b" + std::to_string(i) + "x", 5'000);
  engine.run_for(100ms);
  engine.add(lane::high, job_document("", {{platform::android, "urgent"}}));
  const auto added = engine.world().now;
  ASSERT_TRUE(engine.run_until(
      [&] {
        for (const auto& row : engine.fcm().ledger) {
          if (row.token == "urgent") return true;
        }
        return false;
      },
      1s));
  EXPECT_LE(engine.world().now - added, 60ms);
}

TEST(lanes, no_lane_starves_and_the_shares_follow_the_weights) {
  virtual_engine engine;
  for (int i = 0; i < 30'000; ++i) {
    engine.add(lane::high, job_document("", {{platform::android, "high"}}));
    if (i % 2 == 0) engine.add(lane::normal, job_document("", {{platform::android, "normal"}}));
    if (i % 8 == 0) engine.add(lane::bulk, job_document("", {{platform::android, "bulk"}}));
  }
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() >= 13'000; }, 60s));
  std::map<std::string, double> seen;
  for (const auto& row : engine.fcm().ledger) ++seen[row.token];
  const auto all = seen["high"] + seen["normal"] + seen["bulk"];
  EXPECT_NEAR(seen["high"] / all, 8.0 / 13, 0.06);
  EXPECT_NEAR(seen["normal"] / all, 4.0 / 13, 0.06);
  EXPECT_NEAR(seen["bulk"] / all, 1.0 / 13, 0.04);
}

TEST(lanes, a_rate_limit_holds_in_every_second_and_is_used) {
  virtual_engine engine([](settings& config) {
    config.fcm.emplace_back();
    config.fcm[0].rate = 200;
  });
  for (int i = 0; i < 5'000; ++i) engine.add(lane::normal, job_document("", {{platform::android, "t"}}));
  engine.run_for(15s);
  const auto& ledger = engine.fcm().ledger;
  const auto start = ledger.front().at;
  std::size_t in_ten_seconds = 0;
  for (std::size_t i = 0, j = 0; i < ledger.size(); ++i) {
    while (ledger[i].at - ledger[j].at >= 1s) ++j;
    ASSERT_LE(i - j + 1, 200 * 1.02 + 20)
        << "in the second before " << (ledger[i].at - start).count() << " ms";
    if (ledger[i].at - start < 10s) ++in_ten_seconds;
  }
  EXPECT_GE(in_ten_seconds, 1'900u);
}

TEST(lanes, a_limited_scope_holds_up_no_other) {
  virtual_engine engine([](settings& config) {
    config.fcm.emplace_back();
    config.fcm[0].rate = 50;
  });
  for (int i = 0; i < 20'000; ++i) engine.add(lane::normal, job_document("", {{platform::android, "t"}}));
  for (int i = 0; i < 50; ++i) engine.add(lane::normal, job_document("", {{platform::ios, "i"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.apns().ledger.size() == 50; }, 10s));
  engine.run_for(10s);
  EXPECT_GE(engine.fcm().ledger.size(), 450u) << "and the waiting list is worked off meanwhile";
}

}  // namespace
}  // namespace dispatch
