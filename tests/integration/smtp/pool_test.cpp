// The pool against the sandbox's mail server, over real TLS. The faults are ordered by the address (see
// apps/sandbox/README.md).

#include "transport/smtp/pool.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "tests/integration/providers/control_port.hpp"
#include "tests/integration/providers/sandbox_process.hpp"
#include "transport/io_thread.hpp"

namespace dispatch::smtp {
namespace {

using namespace std::chrono_literals;

/// One for all tests: making its keys takes a while.
const testing::sandbox_process& sandbox() {
  static const testing::sandbox_process made;
  return made;
}

std::size_t mails_taken() {
  const std::filesystem::path folder = sandbox().text("smtp", "maildir") + "/new";
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

class smtp_pool : public ::testing::Test {
 protected:
  static pool_options usual() {
    pool_options options;
    options.server = std::get<mail_endpoint>(parse_mail_endpoint(sandbox().text("smtp", "endpoint")));
    options.ca_file = sandbox().endpoints().at("ca_file").as_string();
    options.session.helo_name = "client.example";
    options.session.sender = "from@example.com";
    options.session.username = sandbox().text("smtp", "username");
    auto password = testing::read_file(sandbox().text("smtp", "password_file"));
    options.session.password = password.substr(0, password.find('\n'));
    options.reconnect_base = 10ms;
    options.reconnect_cap = 50ms;
    return options;
  }

  void make(pool_options options) {
    pool_callbacks calls;
    calls.completed = [this](std::vector<provider_answer>&& batch) {
      const std::lock_guard lock(guard_);
      for (auto& each : batch)
        EXPECT_TRUE(answers_.emplace(each.correlation, each).second) << "answered twice";
      changed_.notify_all();
    };
    calls.event = [this](connection_event what, const std::string& detail) {
      const std::lock_guard lock(guard_);
      ++events_[what];
      last_detail_ = detail;
      changed_.notify_all();
    };
    pool_ = std::make_unique<pool>(thread_, std::move(options), std::move(calls));
  }

  void TearDown() override {
    thread_.run([this] { pool_.reset(); });
  }

  void send(const std::vector<std::string>& recipients, std::chrono::milliseconds deadline = 10s) {
    std::vector<provider_request> batch;
    for (const auto& recipient : recipients) {
      auto& request = batch.emplace_back();
      request.correlation = next_++;
      request.path = recipient;
      request.body =
          "Message-ID: <" + std::to_string(request.correlation) + "@client.example>\r\n\r\n.dot\r\n";
      request.deadline = std::chrono::steady_clock::now() + deadline;
    }
    auto moved = std::make_shared<std::vector<provider_request>>(std::move(batch));
    thread_.post([this, moved] { pool_->submit(std::move(*moved)); });
  }

  bool wait_for(std::size_t count) {
    std::unique_lock lock(guard_);
    return changed_.wait_for(lock, 10s, [&] { return answers_.size() >= count; });
  }
  bool wait_event(connection_event what) {
    std::unique_lock lock(guard_);
    return changed_.wait_for(lock, 10s, [&] { return events_[what] > 0; });
  }
  provider_answer answer(std::uint64_t number) {
    const std::lock_guard lock(guard_);
    return answers_.at(number);
  }
  pool_stats stats() {
    pool_stats out;
    thread_.run([&] { out = pool_->stats(); });
    return out;
  }

  std::mutex guard_;
  std::condition_variable changed_;
  std::map<std::uint64_t, provider_answer> answers_;
  std::map<connection_event, int> events_;
  std::string last_detail_;
  std::uint64_t next_ = 0;
  io_thread thread_{"test-io"};
  std::unique_ptr<pool> pool_;
};

TEST_F(smtp_pool, many_messages_go_over_few_connections_each_answered_once) {
  make(usual());
  const auto before = mails_taken();
  std::vector<std::string> all;
  all.reserve(300);
  for (int i = 0; i < 300; ++i) all.push_back("r" + std::to_string(i) + "@example.com");
  send(all);
  ASSERT_TRUE(wait_for(300));
  for (std::uint64_t i = 0; i < 300; ++i) EXPECT_EQ(answer(i).status, 250);
  EXPECT_EQ(mails_taken() - before, 300U);
  EXPECT_LE(stats().connects, 4U);
  EXPECT_EQ(stats().in_flight + stats().waiting, 0U);
}

TEST_F(smtp_pool, a_connection_carries_no_more_messages_than_allowed) {
  auto options = usual();
  options.max_connections = 1;
  options.max_messages_per_connection = 10;
  make(options);
  send(std::vector<std::string>(50, "a@example.com"));
  ASSERT_TRUE(wait_for(50));
  EXPECT_EQ(stats().connects, 5U);
}

TEST_F(smtp_pool, a_refusal_is_that_messages_alone) {
  auto options = usual();
  options.max_connections = 1;
  make(options);
  send({"a@example.com", "fail-550-5.1.1+b@example.com", "c@example.com", "flaky-1-451-4.3.0+d@example.com",
        "e@example.com"});
  ASSERT_TRUE(wait_for(5));
  EXPECT_EQ(answer(1).status, 550);
  EXPECT_EQ(answer(1).refused, "RCPT");
  EXPECT_EQ(answer(3).status, 451);
  EXPECT_EQ(answer(3).refused, "message");
  for (const std::uint64_t good : {0U, 2U, 4U}) EXPECT_EQ(answer(good).status, 250);
  EXPECT_EQ(stats().connects, 1U);
}

TEST_F(smtp_pool, a_connection_lost_behind_the_final_dot_is_an_unknown_outcome) {
  make(usual());
  const auto before = mails_taken();
  send({"drop+a@example.com"});
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(answer(0).failure, send_failure::connection);
  EXPECT_EQ(mails_taken() - before, 1U) << "not sent again by itself";
  EXPECT_TRUE(wait_event(connection_event::lost));
}

TEST_F(smtp_pool, a_server_that_does_not_answer_is_given_up_in_time_and_the_others_go_on) {
  make(usual());
  const auto begun = std::chrono::steady_clock::now();
  send({"hang+a@example.com"}, 300ms);
  send({"b@example.com", "c@example.com"});
  ASSERT_TRUE(wait_for(3));
  EXPECT_EQ(answer(0).failure, send_failure::timeout);
  EXPECT_EQ(answer(1).status, 250);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST_F(smtp_pool, what_waits_is_given_back_when_recalled) {
  auto options = usual();
  options.max_connections = 1;
  make(options);
  send({"hang+a@example.com"}, 500ms);
  ASSERT_TRUE(wait_event(connection_event::connected));
  send({"b@example.com", "c@example.com"});
  thread_.run([this] { pool_->recall(); });
  ASSERT_TRUE(wait_for(3));
  EXPECT_EQ(answer(1).failure, send_failure::not_sent);
  EXPECT_EQ(answer(2).failure, send_failure::not_sent);
}

TEST_F(smtp_pool, what_cannot_start_in_time_was_not_sent) {
  auto options = usual();
  options.max_connections = 1;
  make(options);
  send({"hang+a@example.com"}, 400ms);
  send({"b@example.com"}, 100ms);
  ASSERT_TRUE(wait_for(2));
  EXPECT_EQ(answer(1).failure, send_failure::not_sent);
}

TEST_F(smtp_pool, no_more_wait_than_allowed) {
  auto options = usual();
  options.max_connections = 1;
  options.max_waiting = 3;
  make(options);
  send(std::vector<std::string>(10, "a@example.com"));
  ASSERT_TRUE(wait_for(10));
  std::size_t refused = 0;
  for (std::uint64_t i = 0; i < 10; ++i)
    if (answer(i).failure == send_failure::not_sent) ++refused;
  EXPECT_EQ(refused, 7U);
}

TEST_F(smtp_pool, a_wrong_password_sends_nothing_until_it_is_replaced) {
  auto options = usual();
  const auto right = options.session.password;
  options.session.password = "wrong";
  make(options);
  send({"a@example.com"});
  ASSERT_TRUE(wait_event(connection_event::connect_failed));
  EXPECT_EQ(answers_.size(), 0U);
  EXPECT_NE(last_detail_.find("AUTH refused: 535"), std::string::npos) << last_detail_;
  thread_.run([&] { pool_->replace_password(sandbox().text("smtp", "username"), right); });
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(answer(0).status, 250);
}

TEST_F(smtp_pool, a_server_of_another_name_gets_nothing) {
  auto options = usual();
  options.ca_file.clear();
  make(options);
  const auto before = mails_taken();
  send({"a@example.com"}, 500ms);
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(answer(0).failure, send_failure::not_sent);
  EXPECT_GT(events_[connection_event::tls_failed], 0);
  EXPECT_EQ(mails_taken(), before);
}

TEST_F(smtp_pool, nobody_there_is_tried_again_with_pauses) {
  auto options = usual();
  options.server.peer.port = "1";
  options.reconnect_base = 50ms;
  options.reconnect_cap = 200ms;
  make(options);
  send({"a@example.com"}, 1s);
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(answer(0).failure, send_failure::not_sent);
  EXPECT_GT(events_[connection_event::connect_failed], 1);
  EXPECT_LT(stats().connects, 60U);
}

TEST_F(smtp_pool, an_idle_connection_says_goodbye) {
  auto options = usual();
  options.idle_timeout = 100ms;
  make(options);
  send({"a@example.com"});
  ASSERT_TRUE(wait_for(1));
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (stats().connections > 0 && std::chrono::steady_clock::now() < end) thread_.run([] {});
  EXPECT_EQ(stats().connections, 0U);
  EXPECT_EQ(events_[connection_event::lost], 0);
  send({"b@example.com"});
  EXPECT_TRUE(wait_for(2));
}

TEST_F(smtp_pool, tls_from_the_first_byte_carries_login_and_messages) {
  auto options = usual();
  options.server = std::get<mail_endpoint>(parse_mail_endpoint(sandbox().text("smtp", "tls_endpoint")));
  options.session.how = options.server.how;
  ASSERT_EQ(options.session.how, protection::implicit);
  options.max_connections = 1;
  make(options);
  const auto before = mails_taken();
  send({"a@example.com", "fail-550-5.1.1+b@example.com", "c@example.com"});
  ASSERT_TRUE(wait_for(3));
  EXPECT_EQ(answer(0).status, 250);
  EXPECT_EQ(answer(1).status, 550);
  EXPECT_EQ(answer(2).status, 250);
  EXPECT_EQ(mails_taken() - before, 2U);
  EXPECT_EQ(stats().connects, 1U);
}

TEST_F(smtp_pool, starttls_where_tls_was_expected_from_the_first_byte_gets_nothing) {
  auto options = usual();
  options.session.how = protection::implicit;
  make(options);
  const auto before = mails_taken();
  send({"a@example.com"}, 500ms);
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(answer(0).failure, send_failure::not_sent);
  EXPECT_GT(events_[connection_event::tls_failed], 0);
  EXPECT_EQ(mails_taken(), before);
}

TEST_F(smtp_pool, a_server_that_says_421_and_closes_answers_for_one_message_and_the_next_go_elsewhere) {
  auto options = usual();
  options.max_connections = 1;
  make(options);
  send({"a@example.com"});
  ASSERT_TRUE(wait_for(1));
  testing::control(std::string(sandbox().endpoints().at("control").as_string()), "POST", "/faults",
                   R"({"provider":"smtp","status":421,"count":1})");
  const auto before = mails_taken();
  send({"b@example.com", "c@example.com", "d@example.com"});
  ASSERT_TRUE(wait_for(4));
  EXPECT_EQ(answer(1).status, 421);
  EXPECT_EQ(answer(1).refused, "message");
  EXPECT_EQ(answer(2).status, 250);
  EXPECT_EQ(answer(3).status, 250);
  EXPECT_EQ(mails_taken() - before, 2U) << "neither lost nor taken twice";
  EXPECT_EQ(stats().connects, 2U);
}

TEST_F(smtp_pool, connects_ahead_when_asked_to) {
  make(usual());
  thread_.run([this] { pool_->warm_up(); });
  EXPECT_TRUE(wait_event(connection_event::connected));
}

}  // namespace
}  // namespace dispatch::smtp
