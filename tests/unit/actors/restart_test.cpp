#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

/// Throws at chosen moments, else does what the real one does.
class failing_adapter final : public provider_adapter {
 public:
  failing_adapter(std::shared_ptr<const provider_adapter> real, std::shared_ptr<int> failures)
      : real_(std::move(real)), failures_(std::move(failures)) {}

  provider kind() const noexcept override { return real_->kind(); }
  bool sends_dry_run() const noexcept override { return real_->sends_dry_run(); }
  std::unique_ptr<compiled_message> compile(const job& source, platform target) const override {
    return real_->compile(source, target);
  }
  render_status render(const compiled_message& message, const job& source, const recipient& who,
                       const dedupe_key& key, provider_request& out, std::string& detail) const override {
    if (*failures_ > 0) {
      --*failures_;
      throw std::runtime_error("injected");
    }
    return real_->render(message, source, who, key, out, detail);
  }
  verdict classify(const provider_answer& answer, epoch_ms now) const override {
    return real_->classify(answer, now);
  }
  std::string provider_id(const provider_answer& answer) const override { return real_->provider_id(answer); }

 private:
  std::shared_ptr<const provider_adapter> real_;
  std::shared_ptr<int> failures_;
};

TEST(restart, a_sender_that_dies_is_started_again_and_nothing_is_lost_or_repeated) {
  virtual_engine engine;
  auto failures = std::make_shared<int>(0);
  auto& adapter = const_cast<engine_parts&>(engine.parts()).scopes[0].adapter;
  adapter = std::make_shared<failing_adapter>(adapter, failures);
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < 1'000; ++i) to.emplace_back(platform::android, "a" + std::to_string(i));
  for (int i = 0; i < 100; ++i) to.emplace_back(platform::ios, "b" + std::to_string(i));
  *failures = 2;
  engine.add(lane::normal, job_document("j", to));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 60s));
  EXPECT_EQ(*failures, 0);
  EXPECT_EQ(engine.fcm().ledger.size(), 1'000u);
  EXPECT_EQ(engine.apns().ledger.size(), 100u);
  EXPECT_EQ(engine.job_field("j", "delivered"), "1100");
  EXPECT_FALSE(engine.ended.has_value());
}

TEST(restart, what_crashes_its_sender_twice_ends_alone_as_poison) {
  virtual_engine engine;
  auto failures = std::make_shared<int>(1'000);
  auto& adapter = const_cast<engine_parts&>(engine.parts()).scopes[0].adapter;
  adapter = std::make_shared<failing_adapter>(adapter, failures);
  engine.add(lane::normal, job_document("j", {{platform::android, "a"}, {platform::ios, "b"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 60s));
  EXPECT_EQ(engine.job_field("j", "dead"), "1");
  EXPECT_EQ(engine.job_field("j", "delivered"), "1");
  EXPECT_EQ(*failures, 1'000 - 3);
  EXPECT_FALSE(engine.ended.has_value());
}

/// While it lives, every message of one actor throws before it is handled, so many times.
class failing_actor {
 public:
  failing_actor(std::string actor, int times) : left_(times) {
    before_handling() = [this, actor = std::move(actor)](const std::string& name) {
      if (name != actor || left_ == 0) return;
      --left_;
      throw std::runtime_error("injected");
    };
  }
  ~failing_actor() { before_handling() = nullptr; }
  int left() const { return left_; }

 private:
  int left_;
};

class every_actor : public ::testing::TestWithParam<std::string> {};

TEST_P(every_actor, that_crashes_four_times_loses_and_repeats_nothing) {
  virtual_engine engine([](settings& config) {
    config.fcm.emplace_back();
    config.fcm[0].rate = 2'000;
  });
  engine.fcm().answer = [](const seen_request& request) {
    return scripted_channel::status(request.attempt == 1 && request.token.ends_with("7") ? 503 : 200);
  };
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < 1'000; ++i) to.emplace_back(platform::android, "a" + std::to_string(i));
  engine.add(lane::normal, job_document("j", to));
  engine.run_for(100ms);
  {
    failing_actor failing(GetParam(), 4);
    ASSERT_TRUE(engine.run_until([&] { return failing.left() == 0; }, 60s));
  }
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 120s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "1000");
  EXPECT_EQ(engine.fcm().ledger.size(), 1'100u);
  EXPECT_FALSE(engine.ended.has_value());
}

INSTANTIATE_TEST_SUITE_P(restart, every_actor,
                         ::testing::Values("intake", "tracker", "retry", "limiter_0", "sender_android"));

TEST(restart, an_actor_that_fails_again_and_again_ends_the_process_in_order) {
  virtual_engine engine;
  failing_actor failing("tracker", 1'000);
  engine.add(lane::normal, job_document("j", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.ended.has_value(); }, 60s));
  EXPECT_EQ(*engine.ended, 1);
  EXPECT_FALSE(engine.ready);
  EXPECT_EQ(engine.depth("jobs"), 1u) << "what was not done stays for whoever takes over";
}

TEST(restart, a_limiter_shard_that_dies_leaves_no_scope_standing) {
  virtual_engine engine([](settings& config) {
    config.fcm.emplace_back();
    config.fcm[0].rate = 100;
  });
  for (int i = 0; i < 500; ++i) engine.add(lane::normal, job_document("", {{platform::android, "t"}}));
  engine.run_for(1s);
  ASSERT_LT(engine.fcm().ledger.size(), 300u);
  engine.parts().limiters[0].crash();
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 30s));
  EXPECT_EQ(engine.fcm().ledger.size(), 500u);
}

}  // namespace
}  // namespace dispatch
