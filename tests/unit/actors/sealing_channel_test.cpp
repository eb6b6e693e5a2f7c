// Encrypting between the sender and the connections: order, and one completion for each item whatever comes
// between.

#include "actors/sealing_channel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "core/job/job_parser.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 20s;

/// A job of many recipients, u0, u1, … by position.
run_ptr run_of(std::size_t recipients) {
  std::string document = R"({"id":"j","message":{"title":"Hi"},"recipients":[)";
  for (std::size_t i = 0; i < recipients; ++i) {
    document += (i > 0 ? "," : "");
    document += R"({"platform":"android","token":"u)" + std::to_string(i) + "\"}";
  }
  job_parser parser;
  auto parsed = parser.parse(document + "]}");
  auto made = std::make_shared<run>();
  made->document = std::move(std::get<std::unique_ptr<job>>(parsed));
  return made;
}

/// Written down in the order it came; says nothing by itself.
class recording_channel final : public channel {
 public:
  void warm_up() override { ++warm_ups; }
  void submit(std::vector<outgoing> items, std::vector<local_end> ends) override {
    const std::lock_guard lock(guard);
    for (auto& each : items) got.push_back(std::move(each));
    for (auto& each : ends) ended.push_back(std::move(each));
    changed.notify_all();
  }
  void recall() override { ++recalls; }
  void credential_refused(std::shared_ptr<const header_list>, bool) override { ++refusals; }
  void repeat_unclaimed() override { ++repeats; }
  void close() override { closed = true; }
  std::int64_t credential_expires_at() const noexcept override { return 7; }
  std::uint64_t in_flight() const noexcept override { return 100; }
  std::uint32_t concurrency() const noexcept override { return 100; }
  std::uint64_t waiting() const noexcept override { return 10; }

  bool wait_for(std::size_t items, std::size_t ends = 0) {
    std::unique_lock lock(guard);
    return changed.wait_for(lock, patience, [&] { return got.size() >= items && ended.size() >= ends; });
  }

  std::mutex guard;
  std::condition_variable changed;
  std::vector<outgoing> got;
  std::vector<local_end> ended;
  std::atomic<int> warm_ups = 0, recalls = 0, refusals = 0, repeats = 0;
  std::atomic<bool> closed = false;
};

/// Seals that stop where they are told to, until they are told to go on.
class gate {
 public:
  void stop_at(std::string target) { stop_ = std::move(target); }
  void pass(std::string_view target) {
    std::unique_lock lock(guard_);
    if (target != stop_) return;
    arrived_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  bool wait_until_somebody_stands_there() {
    std::unique_lock lock(guard_);
    return changed_.wait_for(lock, patience, [this] { return arrived_; });
  }
  void open() {
    const std::lock_guard lock(guard_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::string stop_;
  bool arrived_ = false, open_ = false;
};

class sealing : public ::testing::Test {
 protected:
  void start(std::uint32_t threads, std::size_t max_waiting = 10'000) {
    pool_ = std::make_shared<sealing_pool>(sealing_pool::options{
        threads, max_waiting,
        [this] { return [this](const recipient& who, std::string& body) { return seal(who, body); }; }});
    channel_.emplace(3, inner_, pool_, [this](completion_batch_ptr batch) {
      const std::lock_guard lock(guard_);
      completions_.push_back(std::move(batch));
    });
  }
  void TearDown() override {
    gate_.open();
    if (channel_) channel_->close();
  }

  std::string seal(const recipient& who, std::string& body) {
    gate_.pass(who.target);
    if (who.target == bad_keys_) return "no keys";
    if (who.target == no_luck_) throw std::runtime_error("no random bytes");
    body = "sealed " + body;
    return {};
  }

  std::vector<outgoing> items(std::size_t first, std::size_t count, lane on = lane::normal) {
    std::vector<outgoing> made(count);
    for (std::size_t i = 0; i < count; ++i) {
      made[i].item = {run_, static_cast<std::uint32_t>(first + i)};
      made[i].request.body = "for u" + std::to_string(first + i);
      made[i].request.lane = on;
    }
    return made;
  }

  std::vector<std::uint32_t> passed_on() {
    const std::lock_guard lock(inner_->guard);
    std::vector<std::uint32_t> positions;
    for (const auto& each : inner_->got) positions.push_back(each.item.position);
    return positions;
  }

  std::vector<std::uint32_t> given_back() {
    const std::lock_guard lock(guard_);
    std::vector<std::uint32_t> positions;
    for (const auto& batch : completions_) {
      EXPECT_EQ(batch->scope, 3);
      for (const auto& each : batch->answers) {
        EXPECT_EQ(each.answer.failure, send_failure::not_sent);
        positions.push_back(each.item.position);
      }
    }
    return positions;
  }

  static std::vector<std::uint32_t> range(std::uint32_t first, std::uint32_t count) {
    std::vector<std::uint32_t> out(count);
    std::iota(out.begin(), out.end(), first);
    return out;
  }

  run_ptr run_ = run_of(2'000);
  std::shared_ptr<recording_channel> inner_ = std::make_shared<recording_channel>();
  gate gate_;
  std::string bad_keys_ = "nobody", no_luck_ = "nobody";
  std::mutex guard_;
  std::vector<completion_batch_ptr> completions_;
  std::shared_ptr<sealing_pool> pool_;
  std::optional<sealing_channel> channel_;
};

TEST_F(sealing, seals_each_for_its_recipient_and_passes_it_on_in_order) {
  start(4);
  for (std::uint32_t i = 0; i < 10; ++i) channel_->submit(items(i * 100, 100), {});
  ASSERT_TRUE(inner_->wait_for(1'000));
  EXPECT_EQ(passed_on(), range(0, 1'000));
  for (const auto& each : inner_->got)
    EXPECT_EQ(each.request.body, "sealed for u" + std::to_string(each.item.position));
  EXPECT_TRUE(given_back().empty());
  EXPECT_EQ(channel_->in_flight(), 100u) << "the inner channel's alone";
}

TEST_F(sealing, keeps_the_order_when_an_earlier_portion_takes_longer) {
  start(2);
  gate_.stop_at("u0");
  channel_->submit(items(0, 200), {});
  ASSERT_TRUE(gate_.wait_until_somebody_stands_there());
  // The other thread has sealed all the rest once it has come to another lane's.
  channel_->submit(items(200, 1, lane::bulk), {});
  ASSERT_TRUE(inner_->wait_for(1));
  EXPECT_EQ(passed_on(), range(200, 1));
  EXPECT_EQ(channel_->in_flight(), 300u);
  EXPECT_EQ(channel_->waiting(), 210u);
  gate_.open();
  ASSERT_TRUE(inner_->wait_for(201));
  auto expected = range(0, 200);
  expected.insert(expected.begin(), 200);
  EXPECT_EQ(passed_on(), expected);
}

TEST_F(sealing, takes_higher_lanes_first) {
  start(1);
  gate_.stop_at("u0");
  channel_->submit(items(0, 1), {});
  ASSERT_TRUE(gate_.wait_until_somebody_stands_there());
  auto mixed = items(10, 1, lane::bulk);
  for (auto& each : items(20, 1, lane::normal)) mixed.push_back(std::move(each));
  for (auto& each : items(30, 1, lane::high)) mixed.push_back(std::move(each));
  channel_->submit(std::move(mixed), {});
  gate_.open();
  ASSERT_TRUE(inner_->wait_for(4));
  EXPECT_EQ(passed_on(), (std::vector<std::uint32_t>{0, 30, 20, 10}));
}

TEST_F(sealing, ends_what_cannot_be_sealed) {
  start(1);
  bad_keys_ = "u1";
  no_luck_ = "u2";
  std::vector<local_end> ends{{{run_, 9}, outcome::expired, "expired", {}}};
  channel_->submit(items(0, 4), std::move(ends));
  ASSERT_TRUE(inner_->wait_for(2, 3));
  EXPECT_EQ(passed_on(), (std::vector<std::uint32_t>{0, 3}));
  EXPECT_EQ(inner_->ended[0].reason, "expired");
  EXPECT_EQ(inner_->ended[1].item.position, 1u);
  EXPECT_EQ(inner_->ended[1].result, outcome::failed);
  EXPECT_EQ(inner_->ended[1].reason, "invalid_subscription");
  EXPECT_EQ(inner_->ended[1].detail, "no keys");
  EXPECT_EQ(inner_->ended[2].item.position, 2u);
  EXPECT_EQ(inner_->ended[2].result, outcome::dead) << "can be sent again";
  EXPECT_EQ(inner_->ended[2].reason, "sealing_failed");
  EXPECT_EQ(channel_->in_flight(), 100u);
}

TEST_F(sealing, gives_back_what_is_recalled_also_while_it_is_being_sealed) {
  start(1);
  gate_.stop_at("u40");
  bad_keys_ = "u41";
  channel_->submit(items(0, 100), {});
  ASSERT_TRUE(gate_.wait_until_somebody_stands_there());
  ASSERT_TRUE(inner_->wait_for(32));
  channel_->recall();
  EXPECT_EQ(inner_->recalls, 1);
  EXPECT_EQ(given_back(), range(64, 36)) << "those not begun, at once";
  gate_.open();
  channel_->submit(items(200, 1), {});
  ASSERT_TRUE(inner_->wait_for(33, 1));
  EXPECT_EQ(passed_on().back(), 200u) << "what comes later is sent";
  const auto back = given_back();
  EXPECT_EQ(back.size(), 67u);
  EXPECT_EQ(std::set<std::uint32_t>(back.begin(), back.end()).size(), 67u);
  EXPECT_EQ(inner_->ended[0].item.position, 41u) << "that its keys are none is known";
}

TEST_F(sealing, gives_back_what_would_be_too_many) {
  start(1, 50);
  gate_.stop_at("u0");
  channel_->submit(items(0, 1), {});
  ASSERT_TRUE(gate_.wait_until_somebody_stands_there());
  channel_->submit(items(1, 96), {});
  EXPECT_EQ(given_back().size(), 64u);
  EXPECT_EQ(channel_->in_flight(), 133u);
  gate_.open();
  ASSERT_TRUE(inner_->wait_for(33));
  EXPECT_EQ(passed_on(), range(0, 33));
}

TEST_F(sealing, says_again_what_the_tracker_has_not_claimed) {
  start(1);
  gate_.stop_at("u0");
  channel_->submit(items(0, 1), {});
  ASSERT_TRUE(gate_.wait_until_somebody_stands_there());
  channel_->submit(items(1, 2), {});
  channel_->recall();
  ASSERT_EQ(completions_.size(), 1u);
  channel_->repeat_unclaimed();
  EXPECT_EQ(inner_->repeats, 1);
  ASSERT_EQ(completions_.size(), 2u);
  EXPECT_EQ(completions_[0], completions_[1]);
  EXPECT_TRUE(completions_[0]->applied.claim());
  channel_->repeat_unclaimed();
  EXPECT_EQ(completions_.size(), 2u);
}

TEST_F(sealing, close_waits_for_what_is_being_sealed_and_gives_it_back) {
  start(2);
  gate_.stop_at("u0");
  channel_->submit(items(0, 500), {});
  ASSERT_TRUE(gate_.wait_until_somebody_stands_there());
  std::thread closer([this] { channel_->close(); });
  while (given_back().empty()) std::this_thread::yield();
  EXPECT_FALSE(inner_->closed) << "its thread still uses the inner channel";
  gate_.open();
  closer.join();
  EXPECT_TRUE(inner_->closed);
  auto all = given_back();
  for (const auto each : passed_on()) all.push_back(each);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, range(0, 500));
}

TEST_F(sealing, hands_the_rest_to_the_inner_channel) {
  start(1);
  channel_->warm_up();
  channel_->credential_refused(nullptr, true);
  EXPECT_EQ(inner_->warm_ups, 1);
  EXPECT_EQ(inner_->refusals, 1);
  EXPECT_EQ(channel_->credential_expires_at(), 7);
  EXPECT_EQ(channel_->waiting(), 10u);
}

TEST_F(sealing, completes_each_item_once_whatever_is_recalled) {
  start(3);
  bad_keys_ = "u77";
  std::atomic<bool> done = false;
  std::thread recaller([&] {
    while (!done) {
      channel_->recall();
      std::this_thread::yield();
    }
  });
  std::mt19937 random(1);
  constexpr std::uint32_t all = 2'000;
  for (std::uint32_t at = 0; at < all;) {
    const auto count = std::min(all - at, static_cast<std::uint32_t>(1 + random() % 90));
    channel_->submit(items(at, count, all_lanes[random() % lane_count]), {});
    at += count;
  }
  while (channel_->in_flight() > 100) std::this_thread::yield();
  done = true;
  recaller.join();
  channel_->close();
  auto seen = given_back();
  for (const auto each : passed_on()) seen.push_back(each);
  for (const auto& each : inner_->ended) seen.push_back(each.item.position);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, range(0, all));
}

}  // namespace
}  // namespace dispatch
