#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(lost_group, what_is_in_hand_is_not_begun_again) {
  virtual_engine engine;
  engine.fcm().latency = 500ms;
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < 300; ++i) to.emplace_back(platform::android, "a" + std::to_string(i));
  engine.add(lane::bulk, job_document("many", to));
  engine.add(lane::normal, job_document("one", {{platform::android, "b"}}));
  engine.run_for(100ms);
  // Destroyed and made again at 0: nobody has anything pending, and everything is new.
  for (const char* stream : {"jobs:bulk", "jobs"}) {
    engine.world().streams[stream].pending.clear();
    engine.world().streams[stream].delivered = {};
  }
  engine.add(lane::bulk, job_document("next", {{platform::android, "c"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 30s));
  EXPECT_EQ(engine.fcm().ledger.size(), 302u);
  EXPECT_EQ(engine.job_field("many", "delivered"), "300");
  EXPECT_EQ(engine.job_field("one", "delivered"), "1");
  EXPECT_EQ(engine.job_field("next", "delivered"), "1");
}

}  // namespace
}  // namespace dispatch
