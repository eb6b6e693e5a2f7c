#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(refusals, a_malformed_entry_becomes_a_dead_letter_with_its_place_and_the_stream_goes_on) {
  virtual_engine engine;
  engine.add(lane::normal, R"({"messge":{}})");
  engine.add(lane::normal, "not json");
  engine.add(lane::normal, job_document("", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.fcm().ledger.size(), 1u);
  ASSERT_EQ(engine.depth("dead"), 2u);
  const auto& letter = engine.world().streams["dead"].entries.begin()->second;
  EXPECT_EQ(letter.at("reason"), "malformed");
  EXPECT_EQ(letter.at("detail").substr(0, 7), "/messge");
  EXPECT_EQ(letter.at("job"), R"({"messge":{}})");
}

TEST(refusals, an_entry_without_a_job_field_does_not_stop_the_stream) {
  virtual_engine engine;
  engine.world().add("jobs", {{"other", "x"}});
  engine.add(lane::normal, job_document("", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.depth("dead"), 1u);
}

TEST(refusals, another_document_under_a_known_id_is_a_conflict) {
  virtual_engine engine;
  engine.add(lane::normal, job_document("j", {{platform::android, "a"}}));
  engine.add(lane::normal, job_document("j", {{platform::android, "b"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.fcm().ledger.size(), 1u);
  ASSERT_EQ(engine.depth("dead"), 1u);
  EXPECT_EQ(engine.world().streams["dead"].entries.begin()->second.at("reason"), "id_conflict");
}

TEST(refusals, a_recipient_nobody_serves_fails_alone) {
  virtual_engine engine;
  engine.add(lane::normal,
             R"({"id":"j","message":{"title":"t"},"recipients":[{"platform":"android","token":"a"},)"
             R"({"platform":"email","address":"a@example.com"}]})");
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "1");
  EXPECT_EQ(engine.job_field("j", "failed"), "1");
}

TEST(refusals, a_missing_variable_fails_that_recipient_alone) {
  virtual_engine engine;
  engine.add(lane::normal,
             R"({"id":"j","message":{"title":"Hi {{name}}"},"recipients":[{"platform":"android","token":"a",)"
             R"("vars":{"name":"Ada"}},{"platform":"android","token":"b"}]})");
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "1");
  EXPECT_EQ(engine.job_field("j", "failed"), "1");
  EXPECT_EQ(engine.fcm().ledger.size(), 1u);
}

}  // namespace
}  // namespace dispatch
