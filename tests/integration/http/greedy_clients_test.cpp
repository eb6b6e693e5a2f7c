// Clients that take room and give nothing back: bodies that stop, answers that are never read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "tests/integration/http/raw_client.hpp"
#include "transport/http/server.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;
using raw_client = ::dispatch::testing::raw_client;

constexpr std::size_t answer_bytes = 32 * 1024;
constexpr int small_buffer = 4'096;
constexpr int many = 2'000;

std::string pipelined(int count) {
  std::string all;
  for (int at = 0; at < count; ++at) all += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  return all;
}

std::string upload(std::size_t length, std::size_t sent) {
  return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
         std::string(sent, 'x');
}

class greedy_clients : public ::testing::Test {
 protected:
  void serve(http_server_options options) {
    server_.emplace(thread_, std::move(options), http_handler([this](const http_request&) {
                      ++handled_;
                      return http_response{200, "text/plain", {}, std::string(answer_bytes, 'a')};
                    }));
  }
  /// Asks for much and reads nothing of it.
  void ask_and_forget(std::deque<raw_client>& clients) {
    clients.emplace_back(server_->port(), small_buffer).send(pipelined(many));
  }
  /// How many requests were handled, once no more are: another client is served all the while.
  int handled_at_rest() {
    raw_client other(server_->port());
    int last = -1;
    for (int still = 0; still < 50;) {
      other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_THAT(other.read_answer(), StartsWith("HTTP/1.1 200 "));
      const int now = --handled_;
      still = now == last ? still + 1 : 0;
      last = now;
    }
    return last;
  }

  std::atomic<int> handled_ = 0;
  std::vector<http_reply> held_;  ///< of requests not answered yet; on the server's thread
  io_thread thread_{"http-test"};
  std::optional<http_server> server_;
};

// What came early is no credit for silence later.
TEST_F(greedy_clients, a_body_that_stops_before_its_end_is_closed_and_its_room_given_back) {
  http_server_options options;
  options.body_grace = 500ms;
  options.bodies_limit = 3 << 20;  // half of it for one address: a body and a half
  serve(options);
  const std::size_t whole = 1 << 20;
  raw_client silent(server_->port());
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(silent.send(upload(whole, whole - 1)));
  // Each of these takes the server past a read of the other's bytes.
  raw_client beside(server_->port());
  for (int at = 0; at < 300; ++at) {
    beside.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_THAT(beside.read_answer(), StartsWith("HTTP/1.1 200 "));
  }
  raw_client refused(server_->port());
  refused.send(upload(whole, whole));
  EXPECT_THAT(refused.read_answer(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(silent.read_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(silent.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  raw_client other(server_->port());
  other.send(upload(whole, whole));
  EXPECT_THAT(other.read_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(greedy_clients, requests_are_not_read_while_their_answers_are_not) {
  serve({});
  std::deque<raw_client> clients;
  ask_and_forget(clients);
  // 256 KiB, one answer more, and what the kernel has taken off our hands.
  EXPECT_LT(static_cast<std::size_t>(handled_at_rest()) * answer_bytes, 8u << 20);
  // Whoever reads again gets all of it.
  for (int at = 0; at < many; ++at)
    ASSERT_EQ(clients.front().read_answer().size() > answer_bytes, true) << at;
}

// Answers behind one that is still to come are all here, none of them in the kernel.
TEST_F(greedy_clients, answers_not_taken_are_bounded_over_all_connections) {
  constexpr std::size_t crowd = 20;
  http_server_options options;
  options.answers_limit = 1 << 20;
  server_.emplace(thread_, options, [&](http_request&& request, http_reply reply) {
    if (request.target == "/held") return held_.push_back(std::move(reply));
    ++handled_;
    reply({200, "text/plain", {}, std::string(answer_bytes, 'a')});
  });
  std::deque<raw_client> clients;
  for (std::size_t at = 0; at < crowd; ++at)
    clients.emplace_back(server_->port()).send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n" + pipelined(100));
  // Of 256 KiB each that would be 5 MiB.
  EXPECT_LE(static_cast<std::size_t>(handled_at_rest()) * answer_bytes,
            options.answers_limit + crowd * answer_bytes);
  thread_.run([&] {
    for (auto& each : std::exchange(held_, {})) each({200, "text/plain", {}, "at last"});
  });
  for (auto& each : clients) {
    EXPECT_THAT(each.read_answer(), ::testing::EndsWith("at last"));
    for (int at = 0; at < 100; ++at) ASSERT_FALSE(each.read_answer().empty()) << at;
  }
}

}  // namespace
}  // namespace dispatch
