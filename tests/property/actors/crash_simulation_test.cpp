// Two processes on one Redis and one set of providers, on virtual time; now and then one dies as by kill -9,
// between any two steps, and another starts under a new name. Whatever the seed: nothing is lost, every job
// ends with its sum, and a crash costs at most max_in_flight repeats. Now and then a job has a recipient that
// kills whichever process sends to it: that one ends dead, and nobody else. Some recipients live at origins,
// whose scopes each process makes when it meets them. Every other run has its results posted: every
// recipient's outcome and every job's completion arrives. Redis is away now and then, and no process ends
// over it. The same seed gives the same run.

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t max_in_flight = 50;

std::uint64_t environment_number(const char* name, std::uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

class simulation {
 public:
  explicit simulation(std::uint64_t seed) : random_(seed), posted_(seed % 2 == 1) {
    for (auto& process : processes_) start(process);
  }
  ~simulation() {
    for (auto& process : processes_) process.reset();
  }

  void play() {
    for (int i = 0; i < pick(2, 8); ++i) add_job();
    for (int i = pick(5, 40); i > 0; --i) {
      if (chance(0.3)) add_job();
      advance(pick(1, 300), true);
      if (chance(0.15)) restart_one();
      world_.redis->available = !chance(0.1);
    }
    faults_ = false;
    world_.redis->available = true;
    for (int i = 0; i < 4'000 && !idle(); ++i) advance(20, false);
  }

  void check() {
    ASSERT_TRUE(idle()) << "not everything came to an end";
    std::map<std::string, std::uint32_t> delivered;
    for (const auto& memory : {world_.fcm, world_.apns, world_.webhook}) {
      for (const auto& row : memory->ledger) delivered[row.dedupe] += row.status == 200 ? 1 : 0;
    }
    for (const auto& [key, times] : delivered) repeats_ += times > 1 ? times - 1 : 0;
    EXPECT_LE(repeats_, crashes_ * max_in_flight) << "after " << crashes_ << " crashes";
    for (const auto& [name, list] : world_.redis->lists) EXPECT_TRUE(list.empty()) << name;
    for (const auto& each : jobs_) check_job(each, delivered);
    check_contents();
    if (posted_) check_posts();
  }

  std::size_t requests() const {
    return world_.fcm->ledger.size() + world_.apns->ledger.size() + world_.webhook->ledger.size();
  }
  std::uint32_t crashes() const { return crashes_; }
  std::uint32_t repeats() const { return repeats_; }
  std::uint64_t unlucky() const { return unlucky_; }

 private:
  using process_slot = std::unique_ptr<virtual_engine>;
  struct sent_job {
    std::string id;
    std::size_t recipients;
    std::size_t poisoned;  ///< this recipient; none: as many as there are
  };
  static constexpr std::string_view poison = "poison";
  static constexpr auto results_url = "https://tenant/results";

  void start(process_slot& slot) {
    slot = std::make_unique<virtual_engine>(
        world_, "engine-" + std::to_string(++started_), [this](settings& config) {
          config.engine.max_in_flight = max_in_flight;
          config.engine.read_ahead = 200;
          config.engine.lease = 1s;
          config.engine.takeover_scan = 1s;
          config.platforms.served_by[index_of(platform::webhook)] = provider::webhook;
          // The standard's second wait, five minutes, is longer than a simulation.
          config.webhook.emplace_back();
          config.webhook[0].schedule.assign(8, 200ms);
          if (!posted_) return;
          config.tenants.emplace_back();
          config.tenants[0].results_url = results_url;
          config.tenants[0].results = posted_results::all;
        });
    script(slot, slot->fcm());
    script(slot, slot->apns());
    slot->on_origin = [this, &slot](const std::string&, scripted_channel& way) { script(slot, way); };
  }

  void script(process_slot& slot, scripted_channel& channel) {
    channel.latency = std::chrono::milliseconds(pick(1, 100));
    channel.answer = [this, &slot](const seen_request& request) {
      if (request.token == poison) doomed_ = &slot;
      return scripted_channel::status(request.token == poison ? 0 : faults_ && chance(0.03) ? 503 : 200);
    };
  }

  // Each step is one batch of messages of one process: a crash may fall between any two.
  void advance(int milliseconds, bool may_crash) {
    constexpr int length = 5;
    for (int passed = 0; passed < milliseconds; passed += length) {
      world_.time->advance(std::chrono::milliseconds(length));
      world_.redis->advance(std::chrono::milliseconds(length));
      for (auto& slot : processes_) slot->timers(std::chrono::milliseconds(length));
      bool busy = true;
      for (int rounds = 0; busy; ++rounds) {
        ASSERT_LT(rounds, 10'000) << "the engines do not come to rest";
        busy = false;
        for (auto& slot : processes_) {
          busy = slot->run_actors(static_cast<std::size_t>(pick(1, 8))) || busy;
          if (doomed_ == &slot || (may_crash && chance(0.001))) crash(slot);
        }
        world_.redis->run();
        for (auto& slot : processes_) {
          busy = slot->run_providers() || busy;
          if (may_crash && chance(0.001)) crash(slot);
        }
        for (const auto& slot : processes_) ASSERT_FALSE(slot->ended) << "an outage of Redis ends no lease";
      }
    }
  }

  void crash(process_slot& slot) {
    ++crashes_;
    doomed_ = nullptr;
    graveyard_.push_back(slot->store());
    slot.reset();
    start(slot);
  }

  void restart_one() { crash(processes_[static_cast<std::size_t>(pick(0, 1))]); }

  void add_job() {
    const auto id = "job-" + std::to_string(jobs_.size());
    const auto count = static_cast<std::size_t>(chance(0.5) ? 1 : pick(2, 300));
    std::vector<std::pair<platform, std::string>> to;
    for (std::size_t i = 0; i < count; ++i) {
      if (chance(0.3)) {
        to.emplace_back(platform::webhook,
                        "https://h" + std::to_string(pick(0, 4)) + "/" + std::to_string(i));
      } else {
        to.emplace_back(chance(0.7) ? platform::android : platform::ios, "t" + std::to_string(i));
      }
    }
    const auto poisoned =
        chance(0.03) ? static_cast<std::size_t>(pick(0, static_cast<int>(count) - 1)) : count;
    if (poisoned < count) to[poisoned] = {platform::android, std::string(poison)};
    const auto in = all_lanes[static_cast<std::size_t>(pick(0, 2))];
    // Every other job's message is too long to be in each of its rests.
    const auto more =
        chance(0.5) ? R"("overrides":{"email":{"text":")" + std::string(2'000, 'x') + "\"}}," : "";
    processes_[0]->add(in, chance(0.2) ? audience_document(id, to) : job_document(id, to, more));
    jobs_.push_back({id, count, poisoned});
  }

  std::string audience_document(const std::string& id,
                                const std::vector<std::pair<platform, std::string>>& to) {
    auto& list = world_.redis->lists["audience:default:" + id];
    for (const auto& [on, target] : to) list.push_back(recipient_document(on, target));
    return R"({"id":")" + id + R"(","message":{"title":"t"},"audience":")" + id + R"("})";
  }

  void check_job(const sent_job& sent, const std::map<std::string, std::uint32_t>& delivered) {
    const auto& [id, recipients, poisoned] = sent;
    const auto& job = world_.redis->hashes.at("job:default:" + id);
    std::size_t sum = 0;
    for (auto result : all_outcomes) {
      const auto at = job.find(std::string(to_string(result)));
      if (at != job.end()) sum += std::stoul(at->second);
    }
    ASSERT_EQ(sum, recipients) << id;
    ASSERT_EQ(job.at("state"), "done") << id;
    const auto times = [&, &id = sent.id](std::size_t recipient) {
      const auto at = delivered.find(std::string(dedupe_key::of("default", id, recipient).text()));
      return at == delivered.end() ? 0u : at->second;
    };
    // A process that is still being made answers everybody well; when it dies before it has counted that, the
    // next one still finds poison.
    const bool poison_was_sent = poisoned < recipients && times(poisoned) > 0;
    const auto dead = std::stoul("0" + field(job, "dead"));
    const auto called_poison = letters(id, "poison");
    ASSERT_EQ(dead, called_poison) << id << " lost to something else than deaths";
    if (!poison_was_sent) {
      const std::size_t true_poison = poisoned < recipients ? 1 : 0;
      ASSERT_GE(dead, true_poison) << id;
      // Three crashes, each while it ran alone, are no proof: by chance they fall on a healthy one.
      unlucky_ += dead - true_poison;
    }
    std::size_t missing = 0;
    for (std::size_t i = 0; i < recipients; ++i) missing += times(i) == 0 ? 1 : 0;
    ASSERT_LE(missing, called_poison) << id << " lost recipients";
  }

  /// What no rest and no letter refers to any more is gone, and nothing else is.
  void check_contents() {
    std::map<std::string, std::uint64_t> used;
    for (const auto& [at, letter] : world_.redis->streams["dead"].entries) {
      if (const auto ref = field(letter, "content"); !ref.empty()) ++used["content:" + ref];
    }
    for (const auto& [name, fields] : world_.redis->hashes) {
      if (!name.starts_with("content:")) continue;
      EXPECT_EQ(number(field(fields, "refs")), used[name]) << name;
      used.erase(name);
    }
    EXPECT_TRUE(used.empty());
  }

  std::size_t letters(const std::string& id, const std::string& reason) {
    const auto named = "\"id\":\"" + id + '"';
    std::size_t count = 0;
    for (const auto& [at, letter] : world_.redis->streams["dead"].entries) {
      const bool its_own = field(letter, "job").find(named) != std::string::npos ||
                           field(letter, "content").starts_with("default:" + id + ":");
      count += its_own && field(letter, "reason") == reason ? 1 : 0;
    }
    return count;
  }

  void check_posts() {
    std::map<std::string, std::set<std::uint64_t>> told;
    std::set<std::string> completed;
    for (const auto& row : world_.webhook->ledger) {
      if (row.status != 200 || row.path != results_url) continue;
      const auto body = boost::json::parse(row.body);
      const auto job = boost::json::value_to<std::string>(body.at("data").at("job_id"));
      if (body.at("type").as_string() == "job.completed") {
        completed.insert(job);
        continue;
      }
      for (const auto& each : body.at("data").at("outcomes").as_array())
        told[job].insert(boost::json::value_to<std::uint64_t>(each.at("index")));
    }
    for (const auto& each : jobs_) {
      EXPECT_EQ(told[each.id].size(), each.recipients) << each.id;
      EXPECT_TRUE(completed.contains(each.id)) << each.id;
    }
    EXPECT_EQ(world_.redis->posts("open"), 0u);
  }

  bool idle() { return processes_[0]->idle(); }
  int pick(int low, int high) { return std::uniform_int_distribution<>(low, high)(random_); }
  bool chance(double of) { return std::uniform_real_distribution<>(0, 1)(random_) < of; }

  std::mt19937_64 random_;
  const bool posted_;
  virtual_world world_;
  std::array<process_slot, 2> processes_;
  std::vector<std::shared_ptr<fake_store>> graveyard_;
  std::vector<sent_job> jobs_;
  process_slot* doomed_ = nullptr;
  std::uint32_t crashes_ = 0;
  std::uint32_t repeats_ = 0;
  std::uint64_t unlucky_ = 0;
  int started_ = 0;
  bool faults_ = true;
};

TEST(crash_simulation, nothing_is_lost_and_repeats_are_bounded) {
  const auto first = environment_number("DISPATCH_SEED", std::random_device{}());
  const auto seeds = environment_number("DISPATCH_SEEDS", 1'000);
  std::uint64_t requests = 0;
  std::uint64_t crashes = 0;
  std::uint64_t repeats = 0;
  std::uint64_t unlucky = 0;
  for (std::uint64_t i = 0; i < seeds; ++i) {
    SCOPED_TRACE("DISPATCH_SEED=" + std::to_string(first + i) + " DISPATCH_SEEDS=1");
    simulation run(first + i);
    run.play();
    run.check();
    if (::testing::Test::HasFailure()) return;
    requests += run.requests();
    crashes += run.crashes();
    repeats += run.repeats();
    unlucky += run.unlucky();
  }
  std::cout << "first seed " << first << ": " << crashes << " crashes, " << requests << " requests, "
            << repeats << " repeats, " << unlucky << " healthy ones called poison\n";
  EXPECT_LE(unlucky, 3 + seeds / 1'000) << "chance is not that frequent";
  EXPECT_GT(crashes, seeds) << "too tame to show anything";
}

}  // namespace
}  // namespace dispatch
