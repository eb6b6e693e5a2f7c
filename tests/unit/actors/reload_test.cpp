// What a reload changes while the actors work: limits, retries, breakers, results.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

std::vector<std::pair<platform, std::string>> many(int count) {
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < count; ++i) to.emplace_back(platform::android, "t" + std::to_string(i));
  return to;
}

/// The most requests in any second from row `first` on.
std::size_t fullest_second(const std::vector<seen_request>& rows, std::size_t first = 0) {
  std::size_t most = 0;
  for (std::size_t from = first, to = first; from < rows.size(); ++from) {
    while (to < rows.size() && rows[to].at - rows[from].at < 1s) ++to;
    most = std::max(most, to - from);
  }
  return most;
}

TEST(reload, a_rate_that_comes_holds_from_then_on) {
  virtual_engine engine;
  engine.run_for(100ms);
  engine.reload([](settings& config) { config.fcm.emplace_back().rate = 100; });
  engine.add(lane::bulk, job_document("j", many(400)));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 10s));
  EXPECT_EQ(engine.fcm().ledger.size(), 400u);
  EXPECT_LE(fullest_second(engine.fcm().ledger), 112u);
}

TEST(reload, a_rate_that_changes_is_felt_within_a_second) {
  virtual_engine engine([](settings& config) { config.fcm.emplace_back().rate = 50; });
  engine.add(lane::bulk, job_document("j", many(1'500)));
  engine.run_for(3s);
  EXPECT_LE(fullest_second(engine.fcm().ledger), 56u);
  engine.reload([](settings& config) { config.fcm[0].rate = 500; });
  engine.run_for(300ms);
  const auto before = engine.fcm().ledger.size();
  engine.run_for(1s);
  EXPECT_GE(engine.fcm().ledger.size() - before, 450u);
  engine.reload([](settings& config) { config.fcm[0].rate = 20; });
  engine.run_for(300ms);
  const auto slow = engine.fcm().ledger.size();
  engine.run_for(2s);
  EXPECT_LE(fullest_second(engine.fcm().ledger, slow), 23u);
}

TEST(reload, a_rate_that_goes_frees_what_waited_for_it) {
  virtual_engine engine([](settings& config) { config.fcm.emplace_back().rate = 2; });
  engine.add(lane::bulk, job_document("j", many(500)));
  engine.run_for(2s);
  EXPECT_LT(engine.fcm().ledger.size(), 10u);
  engine.reload([](settings& config) { config.fcm[0].rate = 0; });
  EXPECT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.fcm().ledger.size(), 500u);
}

TEST(reload, a_tenants_limit_comes_and_goes_with_work_under_way) {
  virtual_engine engine;
  engine.run_for(100ms);
  engine.reload([](settings& config) { config.limits.tenant_rate = 5; });
  engine.add(lane::bulk, job_document("j", many(300)));
  engine.run_for(4s);
  EXPECT_LE(fullest_second(engine.fcm().ledger), 7u);
  engine.reload([](settings& config) { config.limits.tenant_rate = 0; });
  EXPECT_TRUE(engine.run_until([&] { return engine.idle(); }, 10s));
  EXPECT_EQ(engine.fcm().ledger.size(), 300u);
  EXPECT_EQ(engine.job_field("j", "delivered"), "300");
}

TEST(reload, retries_follow_the_new_rules_also_for_what_is_being_retried) {
  virtual_engine engine([](settings& config) {
    config.breaker.min_failure_ratio = 1;
    config.retry.base = 10ms;
  });
  engine.fcm().answer = [](const seen_request& request) {
    return scripted_channel::status(request.token == "hopeless" ? 500 : 200);
  };
  engine.reload([](settings& config) { config.retry.attempts = 2; });
  engine.add(lane::normal, job_document("j", {{platform::android, "hopeless"}}));
  ASSERT_TRUE(engine.run_until(
      [&] {
        engine.add(lane::high, job_document("", {{platform::android, "ok"}}));
        return engine.job_field("j", "state") == "done";
      },
      20s));
  const auto& rows = engine.fcm().ledger;
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.token == "hopeless"; }),
            2);
}

TEST(reload, a_breaker_opens_by_the_new_count) {
  virtual_engine engine;
  engine.run_for(100ms);
  engine.reload([](settings& config) { config.breaker.failures = 2; });
  engine.run_for(500ms);
  engine.fcm().answer = [](const seen_request&) { return scripted_channel::status(503); };
  engine.add(lane::normal, job_document("j", many(2)));
  engine.run_for(500ms);
  EXPECT_EQ(engine.world().breakers["fcm:default"].state, "open");
}

TEST(reload, results_are_written_by_the_new_level) {
  virtual_engine engine;
  engine.add(lane::normal, job_document("a", many(3)));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  const auto before = engine.depth("results");
  engine.reload([](settings& config) { config.results.level = results_level::all; });
  engine.add(lane::normal, job_document("b", many(3)));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.depth("results") - before, 4u) << "three recipients and the job";
}

}  // namespace
}  // namespace dispatch
