// The connection breaks after Redis has done what it was asked and before its answer arrives.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "storage/redis_store.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/store_backend.hpp"
#include "tests/support/tcp_gate.hpp"

namespace dispatch {
namespace {

using code = store_error::code;

class gated_backend final : public store_backend {
 public:
  std::unique_ptr<store> open(const std::string& consumer) override {
    redis_options options;
    options.url = "redis://127.0.0.1:" + std::to_string(gate.port());
    options.consumer = consumer;
    options.reconnect_base = std::chrono::milliseconds(5);
    return make_redis_store(options, {});
  }
  void run() override {}
  epoch_ms now() override { return {}; }
  std::string add(const std::string& stream, const fields& entry) override {
    return client.command({"XADD", "dispatch:" + stream, "*", "job", entry.at("job")}).text;
  }
  std::vector<fields> stream(const std::string&) override { return {}; }
  std::size_t pending(const std::string&) override { return 0; }
  fields hash(const std::string&) override { return {}; }
  void set_hash(const std::string&, const fields&) override {}
  void push(const std::string&, const std::vector<std::string>&) override {}
  std::vector<std::string> list(const std::string&) override { return {}; }
  void remove(const std::string&, const std::string&) override {}
  void pass(std::chrono::milliseconds) override {}
  void be_away(std::chrono::milliseconds) override {}
  void lapse(const std::string& consumer) override {
    client.command({"ZADD", "dispatch:owners", "1", consumer});
  }

  redis_server server;
  tcp_gate gate{server.port()};
  redis_client client = server.client();
};

class lost_answers : public testing::Test {
 protected:
  gated_backend backend;
  process dead{backend, "dead"};
  process one{backend, "one"};
  std::map<std::string, int> got;  ///< how often each entry came

  std::string add(const std::string& document = "{}") { return backend.add("jobs", {{"job", document}}); }
  /// Everything of `store_result<std::vector<read_batch>>` into `got`; how many.
  std::size_t take(const store_result<std::vector<read_batch>>& answer) {
    std::size_t count = 0;
    if (answer.has_error()) return 0;
    for (const auto& batch : *answer) {
      for (const auto& each : batch.entries) {
        ++got[each.id];
        ++count;
      }
    }
    return count;
  }
  store_result<std::vector<read_batch>> read(process& who, std::uint32_t count = 100) {
    return who.read({{lane_source(lane::normal), count}});
  }
  /// Until the connection is up again.
  template <class Call>
  auto until_available(Call call) {
    auto answer = call();
    for (int i = 0; i < 500 && answer.has_error() && answer.error().what == code::unavailable; ++i) {
      answer = call();
    }
    return answer;
  }
  void take_over_all() {
    while (take(until_available([&] { return one.take_over("dead", 3); })) > 0) {
    }
  }
};

TEST_F(lost_answers, of_a_take_over_are_repeated_and_nothing_comes_twice) {
  std::set<std::string> all;
  for (int i = 0; i < 10; ++i) all.insert(add());
  ASSERT_EQ(read(dead)->front().entries.size(), 10U);
  backend.lapse("dead");
  EXPECT_EQ(take(one.take_over("dead", 3)), 3U);
  backend.gate.cut_next_answer();
  const auto lost = one.take_over("dead", 3);
  ASSERT_TRUE(lost.has_error());
  EXPECT_EQ(lost.error().what, code::unavailable);
  ASSERT_TRUE(backend.gate.has_cut());
  EXPECT_EQ(backend.client.command({"XPENDING", "dispatch:jobs", "dispatchers", "-", "+", "100", "one"})
                .elements.size(),
            6U)
      << "Redis had done it";
  take_over_all();
  EXPECT_EQ(got.size(), 10U);
  for (const auto& [id, times] : got) EXPECT_EQ(times, 1) << id;
  EXPECT_TRUE(one.lapsed()->empty());
}

TEST_F(lost_answers, of_the_last_step_of_a_take_over_are_repeated_too) {
  add();
  ASSERT_EQ(read(dead)->front().entries.size(), 1U);
  backend.lapse("dead");
  for (int step = 0; step < 2; ++step) {  // the one entry; then that nothing is left
    backend.gate.cut_next_answer();
    EXPECT_TRUE(one.take_over("dead").has_error());
    take(until_available([&] { return one.take_over("dead"); }));
  }
  EXPECT_EQ(got.size(), 1U);
  EXPECT_EQ(got.begin()->second, 1);
  EXPECT_EQ(backend.client.command({"EXISTS", "dispatch:owner:dead"}).as_integer(), 0);
}

TEST_F(lost_answers, of_a_take_over_count_no_death_twice) {
  add();
  const auto where = entry_ref{lane_source(lane::normal), read(dead)->front().entries.at(0).id};
  ASSERT_TRUE(dead.mark({{}, suspect_marks::mark{where, 0, {}}}));
  backend.lapse("dead");
  backend.gate.cut_next_answer();
  EXPECT_TRUE(one.take_over("dead").has_error());
  const auto again = until_available([&] { return one.take_over("dead"); });
  ASSERT_EQ(again->size(), 1U);
  EXPECT_EQ(again->front().entries[0].deaths_alone, 1U);
}

TEST_F(lost_answers, of_a_read_are_told_from_what_was_taken_over_meanwhile) {
  add("older");
  ASSERT_EQ(read(dead)->front().entries.size(), 1U);
  add("lost");
  backend.gate.cut_next_answer();
  ASSERT_TRUE(read(one, 1).has_error());
  add("newer");
  const auto later = until_available([&] { return read(dead, 1); });
  ASSERT_EQ(later->front().entries.size(), 1U);
  backend.lapse("dead");
  take_over_all();
  EXPECT_EQ(got.size(), 2U);
  take(until_available([&] { return read(one); }));
  EXPECT_EQ(got.size(), 3U);
  add("new");
  backend.gate.cut_next_answer();
  ASSERT_TRUE(read(one).has_error());
  take(until_available([&] { return read(one); }));
  EXPECT_EQ(got.size(), 4U);
  for (const auto& [id, times] : got) EXPECT_EQ(times, 1) << id;
}

TEST_F(lost_answers, of_a_take_over_hold_reads_up_until_they_are_repeated) {
  add();
  ASSERT_EQ(read(dead)->front().entries.size(), 1U);
  backend.lapse("dead");
  backend.gate.cut_next_answer();
  ASSERT_TRUE(one.take_over("dead").has_error());
  add();
  const auto held = until_available([&] { return one.renew(); });
  ASSERT_TRUE(held);
  EXPECT_EQ(read(one).error().what, code::unavailable);
  take_over_all();
  EXPECT_EQ(take(read(one)), 1U);
  EXPECT_EQ(got.size(), 2U);
}

}  // namespace
}  // namespace dispatch
