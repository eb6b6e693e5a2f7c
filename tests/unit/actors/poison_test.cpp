#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "tests/support/mortal_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

// One unmarked; one each among many, some and few, as far as there are so many; three alone.
constexpr std::uint32_t deaths_among_many = 7, deaths_among_some = 6, deaths_among_few = 5;

using recipients = std::vector<std::pair<platform, std::string>>;

recipients healthy(int count) {
  recipients to;
  for (int i = 0; i < count; ++i) to.emplace_back(platform::android, "t" + std::to_string(i));
  return to;
}

void add_singles(mortal_engine& processes, int count, const std::string& prefix = "t") {
  for (int i = 0; i < count; ++i) {
    processes.engine().add(lane::normal, job_document("", {{platform::android, prefix + std::to_string(i)}}));
  }
}

std::vector<std::string> dead_documents(mortal_engine& processes) {
  std::vector<std::string> documents;
  for (const auto& [id, letter] : processes.world().streams["dead"].entries) {
    EXPECT_EQ(letter.at("reason"), "poison");
    documents.push_back(letter.at("job"));
  }
  return documents;
}

TEST(poison, an_entry_beside_thousands_ends_dead_and_the_others_are_delivered) {
  mortal_engine processes(5ms);
  add_singles(processes, 2'000);
  add_singles(processes, 1, "poison");
  add_singles(processes, 2'000, "u");
  ASSERT_TRUE(processes.run_until([&] { return processes.engine().idle(); }, 120s));
  EXPECT_LE(processes.deaths(), deaths_among_many);
  const auto dead = dead_documents(processes);
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_NE(dead[0].find("poison0"), std::string::npos);
  EXPECT_EQ(processes.delivered().size(), 4'000u);
  EXPECT_TRUE(processes.world().suspects.empty());
}

TEST(poison, the_fewer_were_taken_over_with_it_the_sooner_it_is_found) {
  for (const auto& [beside, deaths] : {std::pair(7, deaths_among_few), std::pair(100, deaths_among_some)}) {
    mortal_engine processes(5ms);
    add_singles(processes, beside / 2);
    add_singles(processes, 1, "poison");
    add_singles(processes, beside - beside / 2, "u");
    ASSERT_TRUE(processes.run_until([&] { return processes.engine().idle(); }, 120s));
    EXPECT_EQ(processes.deaths(), deaths);
    EXPECT_EQ(dead_documents(processes).size(), 1u);
    EXPECT_EQ(processes.delivered().size(), std::size_t(beside));
  }
}

TEST(poison, a_recipient_of_a_large_job_ends_dead_alone) {
  mortal_engine processes(5ms);
  auto to = healthy(4'096);
  to[1'000].second = "poison";
  processes.engine().add(lane::bulk, job_document("j", to));
  ASSERT_TRUE(processes.run_until([&] { return processes.engine().idle(); }, 120s));
  EXPECT_LE(processes.deaths(), deaths_among_many);
  EXPECT_EQ(processes.engine().job_field("j", "delivered"), "4095");
  EXPECT_EQ(processes.engine().job_field("j", "dead"), "1");
  EXPECT_EQ(processes.delivered().size(), 4'095u);
  const auto dead = dead_documents(processes);
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].find("\"t"), dead[0].find("\"title\"")) << dead[0];
}

TEST(poison, that_kills_only_with_its_answer_is_found_among_those_that_get_through_beside_it) {
  mortal_engine processes(50ms);
  processes.when_answered = true;
  auto to = healthy(1'000);
  to[500].second = "poison";
  processes.engine().add(lane::normal, job_document("j", to));
  ASSERT_TRUE(processes.run_until([&] { return processes.engine().idle(); }, 120s));
  EXPECT_LE(processes.deaths(), deaths_among_many);
  EXPECT_EQ(processes.engine().job_field("j", "delivered"), "999");
  EXPECT_EQ(processes.engine().job_field("j", "dead"), "1");
}

TEST(poison, of_which_there_are_several_costs_no_healthy_neighbour_its_delivery) {
  mortal_engine processes(5ms);
  auto to = healthy(300);
  for (int at : {3, 4, 200}) to[static_cast<std::size_t>(at)].second = "poison" + std::to_string(at);
  processes.engine().add(lane::normal, job_document("j", to));
  add_singles(processes, 100, "s");
  ASSERT_TRUE(processes.run_until([&] { return processes.engine().idle(); }, 300s));
  EXPECT_LE(processes.deaths(), 3 * deaths_among_many);
  EXPECT_EQ(processes.engine().job_field("j", "delivered"), "297");
  EXPECT_EQ(processes.engine().job_field("j", "dead"), "3");
  EXPECT_EQ(processes.delivered().size(), 397u);
}

TEST(poison, thousands_of_suspects_of_a_slow_provider_are_through_in_seconds) {
  mortal_engine processes(100ms);
  add_singles(processes, 2'000);
  add_singles(processes, 1, "poison");
  add_singles(processes, 2'000, "u");
  processes.run_for(50ms);
  processes.kill();  // with everything read and nothing answered …
  ASSERT_TRUE(processes.run_until([&] { return processes.ledger().size() > 100; }, 5s));
  processes.run_for(50ms);
  processes.kill();  // … and again
  const auto began = processes.passed();
  ASSERT_TRUE(processes.run_until([&] { return processes.engine().idle(); }, 120s));
  const auto took = processes.passed() - began;
  const auto away = 2s * (processes.deaths() - 2 + 1);  // until a lease has lapsed and somebody looked
  std::cout << "through after " << took / 1ms << " ms, " << processes.deaths() - 2
            << " deaths of poison, at most " << away / 1ms << " ms of it waiting for leases\n";
  EXPECT_EQ(processes.delivered().size(), 4'000u);
  EXPECT_EQ(dead_documents(processes).size(), 1u);
  EXPECT_LE(processes.deaths(), 2 + deaths_among_many);
  EXPECT_LE(took - away, 10s);
}

TEST(poison, new_work_is_not_held_up_by_what_was_taken_over) {
  mortal_engine processes(100ms);
  add_singles(processes, 4'000);
  processes.run_for(50ms);
  processes.kill();
  ASSERT_TRUE(processes.run_until([&] { return processes.ledger().size() > 200; }, 5s));
  processes.engine().add(lane::high, job_document("", {{platform::android, "urgent"}}));
  EXPECT_TRUE(processes.run_until([&] { return processes.delivered().contains("urgent"); }, 300ms));
  EXPECT_LT(processes.delivered().size(), 2'000u) << "most of what was taken over is still to come";
}

// Killed at moments that have nothing to do with what is being sent.
TEST(poison, processes_killed_again_and_again_get_on_and_condemn_nothing) {
  std::mt19937_64 random(7);
  mortal_engine processes(100ms);
  for (int job = 0; job < 10; ++job) {
    processes.engine().add(lane::bulk, job_document("j" + std::to_string(job), healthy(1'000)));
  }
  add_singles(processes, 2'000, "s");
  for (int i = 0; i < 40; ++i) {
    processes.run_for(std::chrono::milliseconds(std::uniform_int_distribution<>(2'000, 6'000)(random)));
    processes.kill();
    add_singles(processes, 200, "more" + std::to_string(i) + "-");
  }
  const auto began = processes.passed();
  ASSERT_TRUE(processes.run_until([&] { return processes.engine().idle(); }, 60s));
  EXPECT_EQ(processes.engine().depth("dead"), 0u);
  EXPECT_LE(processes.passed() - began, 30s);
  for (int job = 0; job < 10; ++job) {
    EXPECT_EQ(processes.engine().job_field("j" + std::to_string(job), "delivered"), "1000");
  }
}

TEST(poison, what_runs_alone_takes_turns_with_other_work) {
  mortal_engine processes(100ms);
  add_singles(processes, 100);
  processes.engine().fcm().latency = 10s;  // nothing is answered before these deaths
  for (int deaths = 0; deaths < 3; ++deaths) {
    const auto before = processes.ledger().size();
    ASSERT_TRUE(processes.run_until([&] { return processes.ledger().size() > before; }, 10s));
    processes.kill();
    processes.engine().fcm().latency = deaths < 2 ? 10s : 600ms;
  }
  const auto before = processes.ledger().size();
  ASSERT_TRUE(processes.run_until([&] { return processes.ledger().size() > before; }, 10s));
  processes.engine().add(lane::high, job_document("", {{platform::android, "urgent"}}));
  EXPECT_TRUE(processes.run_until([&] { return processes.delivered().contains("urgent"); }, 3s))
      << "eight run alone, which takes five seconds";
}

/// Two processes; one that is frozen does nothing while the other goes on.
class freezing {
 public:
  freezing() {
    for (auto& process : processes_) start(process);
  }
  void run_for(std::chrono::milliseconds time) {
    for (auto passed = 0ms; passed < time; passed += 5ms) {
      world.time->advance(5ms);
      world.redis->advance(5ms);
      for (std::size_t i = 0; i < processes_.size(); ++i) {
        if (i == frozen_) continue;
        processes_[i]->timers(5ms);
        while (processes_[i]->step()) {
        }
        if (processes_[i]->ended) start(processes_[i]);
      }
    }
  }
  void freeze(std::size_t which) { frozen_ = which; }
  void thaw() { frozen_ = processes_.size(); }
  virtual_engine& process(std::size_t which) { return *processes_[which]; }

  virtual_world world;

 private:
  void start(std::unique_ptr<virtual_engine>& slot) {
    if (slot) graveyard_.push_back(slot->store());
    slot.reset();
    slot =
        std::make_unique<virtual_engine>(world, "life-" + std::to_string(++started_), [](settings& config) {
          config.engine.lease = 1s;
          config.engine.takeover_scan = 1s;
        });
    slot->fcm().latency = 3s;
  }

  std::array<std::unique_ptr<virtual_engine>, 2> processes_;
  std::vector<std::shared_ptr<fake_store>> graveyard_;
  std::size_t frozen_ = 2;
  int started_ = 0;
};

TEST(poison, a_healthy_entry_whose_process_is_frozen_again_and_again_is_delivered) {
  freezing both;
  both.process(0).add(lane::normal, job_document("j", {{platform::android, "slow"}}));
  both.run_for(100ms);
  for (int i = 0; i < 8; ++i) {
    const std::size_t owner = both.process(0).fcm().in_flight() > 0 ? 0 : 1;
    ASSERT_EQ(both.process(owner).fcm().in_flight(), 1u) << "freeze " << i;
    both.freeze(owner);
    both.run_for(2'500ms);
    both.thaw();
    both.run_for(400ms);  // it is refused, and ends
  }
  both.run_for(10s);
  EXPECT_EQ(both.process(0).depth("dead"), 0u);
  EXPECT_EQ(both.process(0).job_field("j", "delivered"), "1");
}

}  // namespace
}  // namespace dispatch
