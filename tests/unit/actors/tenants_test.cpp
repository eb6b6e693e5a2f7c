// Which apps a tenant may use, and that a reload changes it for what comes after.

#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

void narrow(settings& config) {
  config.tenants = {{"default", {"other"}}};
}

TEST(tenants, a_job_of_an_app_that_is_not_its_tenants_fails_and_sends_nothing) {
  virtual_engine engine(narrow);
  engine.add(lane::normal, job_document("j", {{platform::android, "a"}, {platform::ios, "b"}}));
  engine.add(lane::normal, job_document("", {{platform::android, "c"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_TRUE(engine.fcm().ledger.empty());
  EXPECT_TRUE(engine.apns().ledger.empty());
  EXPECT_EQ(engine.job_field("j", "failed"), "2");
  EXPECT_EQ(engine.job_field("j", "state"), "done");
  std::size_t refused = 0;
  for (const auto& [id, fields] : engine.world().streams["results"].entries)
    if (const auto reason = fields.find("reason");
        reason != fields.end() && reason->second == "app_not_allowed")
      ++refused;
  EXPECT_EQ(refused, 3u);
}

TEST(tenants, without_a_section_use_every_app) {
  virtual_engine engine([](settings& config) { config.tenants = {{"somebody", {"other"}}}; });
  engine.add(lane::normal, job_document("j", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "1");
}

TEST(tenants, lose_and_get_back_an_app_by_a_reload) {
  virtual_engine engine;
  engine.add(lane::normal, job_document("before", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  engine.reload(narrow);
  engine.add(lane::normal, job_document("between", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  engine.reload([](settings& config) { config.tenants.clear(); });
  engine.add(lane::normal, job_document("after", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.job_field("before", "delivered"), "1");
  EXPECT_EQ(engine.job_field("between", "failed"), "1");
  EXPECT_EQ(engine.job_field("after", "delivered"), "1");
}

TEST(tenants, are_asked_again_when_a_scheduled_job_is_due) {
  virtual_engine engine;
  const auto due = (engine.world().now + 5s).count() / 1000;
  engine.add(lane::normal, job_document("later", {{platform::android, "a"}, {platform::android, "b"}},
                                        "\"send_at\":" + std::to_string(due) + ","));
  engine.run_for(1s);
  engine.reload(narrow);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 20s));
  EXPECT_EQ(engine.job_field("later", "failed"), "2");
  EXPECT_TRUE(engine.fcm().ledger.empty());
}

}  // namespace
}  // namespace dispatch
