// Random work, random providers, random outages of Redis, on virtual time: whatever happens, every recipient
// of an accepted job ends exactly once, is delivered at most once, and the counters say what the provider
// saw.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

std::uint64_t first_seed() {
  const char* given = std::getenv("DISPATCH_SEED");
  return given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

int seeds() {
  const char* given = std::getenv("DISPATCH_SEEDS");
  return given ? std::atoi(given) : 150;
}

struct sent_job {
  std::string id;
  std::size_t recipients = 0;
};

class random_world {
 public:
  explicit random_world(std::uint64_t seed)
      : random_(seed), engine_([this](settings& config) { vary(config); }) {
    for (auto* channel : {&engine_.fcm(), &engine_.apns()}) {
      channel->latency = std::chrono::milliseconds(pick(1, 400));
      channel->answer = [this](const seen_request& request) { return answer(request); };
    }
  }

  void play() {
    const auto steps = pick(5, 40);
    for (int i = 0; i < steps; ++i) {
      for (int jobs = pick(0, 6); jobs > 0; --jobs) add_job();
      if (chance(0.1)) sick_until_ = engine_.world().now + std::chrono::milliseconds(pick(0, 60'000));
      if (chance(0.05)) engine_.world().available = false;
      engine_.run_for(std::chrono::milliseconds(pick(5, 2'000)));
      engine_.world().available = true;
    }
    sick_until_ = epoch_ms{0};
    faults_ = false;
    finished_ = engine_.run_until([&] { return engine_.idle(); }, 30min);
  }

  void check() {
    ASSERT_TRUE(finished_) << "not everything came to an end";
    std::map<std::string, int> delivered;
    for (auto* channel : {&engine_.fcm(), &engine_.apns()}) {
      for (const auto& row : channel->ledger) delivered[row.dedupe] += row.status == 200 ? 1 : 0;
    }
    for (const auto& [key, times] : delivered) ASSERT_LE(times, 1) << key << " was delivered twice";
    for (const auto& job : jobs_) check_job(job, delivered);
    EXPECT_FALSE(engine_.ended.has_value());
  }

 private:
  void vary(settings& config) {
    config.engine.max_in_flight = static_cast<std::uint32_t>(pick(1, 500));
    config.engine.read_ahead = static_cast<std::uint32_t>(pick(10, 3'000));
    if (chance(0.3)) {
      config.fcm.emplace_back();
      config.fcm[0].rate = pick(20, 500);
    }
    if (chance(0.2)) config.limits.tenant_rate = pick(20, 300);
    config.retry.attempts = 5;
  }

  void check_job(const sent_job& job, const std::map<std::string, int>& delivered) {
    std::size_t sum = 0;
    for (auto result : all_outcomes) {
      const auto text = engine_.job_field(job.id, std::string(to_string(result)));
      if (!text.empty()) sum += std::stoul(text);
    }
    ASSERT_EQ(sum, job.recipients) << job.id;
    ASSERT_EQ(engine_.job_field(job.id, "state"), "done") << job.id;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < job.recipients; ++i) {
      const auto at = delivered.find(std::string(dedupe_key::of("default", job.id, i).text()));
      if (at != delivered.end()) seen += static_cast<std::size_t>(at->second);
    }
    const auto counted = engine_.job_field(job.id, "delivered");
    ASSERT_EQ(counted.empty() ? 0u : std::stoul(counted), seen) << job.id;
  }

  void add_job() {
    static constexpr std::array platforms{platform::android, platform::ios, platform::web, platform::email};
    sent_job job;
    job.id = "job-" + std::to_string(jobs_.size());
    job.recipients = static_cast<std::size_t>(chance(0.7) ? 1 : pick(1, 400));
    std::string to;
    for (std::size_t i = 0; i < job.recipients; ++i) {
      const auto on = platforms[static_cast<std::size_t>(pick(0, chance(0.05) ? 3 : 2))];
      const auto target = on == platform::email ? R"("address":"a@example.com")"
                                                : "\"token\":\"t" + std::to_string(random_() % 5'000) + "\"";
      to += (i > 0 ? "," : "") + std::string(R"({"platform":")") + std::string(to_string(on)) + "\"," +
            target + "}";
    }
    std::string more;
    if (chance(0.1)) {
      const auto at = engine_.world().now / 1s + pick(1, 60);
      more = "\"send_at\":" + std::to_string(at) + ",";
      if (chance(0.5)) more += "\"expires_at\":" + std::to_string(at + pick(1, 60)) + ",";
    }
    engine_.add(
        all_lanes[static_cast<std::size_t>(pick(0, 2))],
        "{\"id\":\"" + job.id + "\"," + more + R"("message":{"title":"t"},"recipients":[)" + to + "]}");
    jobs_.push_back(std::move(job));
  }

  provider_answer answer(const seen_request& request) {
    if (engine_.world().now < sick_until_ && request.path.starts_with("/v1/"))
      return scripted_channel::status(503);
    if (!faults_ || !chance(0.05)) return scripted_channel::status(200);
    switch (pick(0, 6)) {
      case 0:
        return scripted_channel::status(503, {}, chance(0.5) ? std::to_string(pick(1, 40)) : "");
      case 1:
        return scripted_channel::status(429, {}, "2");
      case 2:
        return scripted_channel::status(400);
      case 3:
        return scripted_channel::status(401);
      case 4:
        return scripted_channel::unregistered();
      case 5: {
        provider_answer none;
        none.failure = send_failure::not_sent;
        return none;
      }
      default:
        return scripted_channel::status(500);
    }
  }

  int pick(int low, int high) { return std::uniform_int_distribution<>(low, high)(random_); }
  bool chance(double of) { return std::uniform_real_distribution<>(0, 1)(random_) < of; }

  std::mt19937_64 random_;
  virtual_engine engine_;
  std::vector<sent_job> jobs_;
  epoch_ms sick_until_{0};
  bool faults_ = true;
  bool finished_ = false;
};

TEST(engine, every_recipient_ends_once_whatever_happens) {
  const auto first = first_seed();
  for (int i = 0; i < seeds(); ++i) {
    const auto seed = first + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("DISPATCH_SEED=" + std::to_string(seed) + " DISPATCH_SEEDS=1");
    random_world world(seed);
    world.play();
    world.check();
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace dispatch
