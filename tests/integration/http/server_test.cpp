#include "transport/http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/integration/http/raw_client.hpp"
#include "tests/support/no_descriptors.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using raw_client = ::dispatch::testing::raw_client;

http_response echo(const http_request& request) {
  if (request.target == "/throw") throw std::runtime_error("secret");
  if (request.target == "/inject") return {200, "text/plain", {{"X-Name", "a\r\nX-Evil: 1"}}, "x"};
  if (request.target == "/empty") return {204, "", {}, ""};
  return {200, "text/plain", {}, request.method + ' ' + request.target + ' ' + request.body};
}

class http_server_test : public ::testing::Test {
 protected:
  static http_server_options quick() {
    http_server_options options;
    options.body_limit = 1'000;
    options.max_connections = 4;
    options.header_timeout = 200ms;
    options.body_grace = 200ms;
    options.idle_timeout = 300ms;
    options.stop_grace = 500ms;
    return options;
  }
  std::string ask(const std::string& bytes) {
    raw_client client(server_.port());
    client.send(bytes);
    return client.read_answer();
  }

  io_thread thread_{"http-test"};
  http_server server_{thread_, quick(), http_handler(echo)};
};

TEST_F(http_server_test, answers_and_keeps_the_connection) {
  raw_client client(server_.port());
  for (int at = 0; at < 3; ++at) {
    ASSERT_TRUE(client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"));
    const auto answer = client.read_answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nPOST /a hello"));
  }
}

TEST_F(http_server_test, goes_on_accepting_once_there_are_descriptors_again) {
  auto none = std::make_unique<test::no_descriptors>();
  none->give_back_one();
  raw_client client(server_.port());  // takes it: connected by the kernel, and nobody can accept
  ASSERT_TRUE(client.send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n"));
  none.reset();
  EXPECT_THAT(client.read_answer(), EndsWith("GET /late "));
  EXPECT_THAT(ask("GET /next HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("GET /next "));
}

TEST_F(http_server_test, pipelined_requests_are_answered_in_order) {
  raw_client client(server_.port());
  std::string all;
  for (int at = 0; at < 200; ++at) all += "GET /" + std::to_string(at) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(all);
  for (int at = 0; at < 200; ++at)
    EXPECT_THAT(client.read_answer(), EndsWith("GET /" + std::to_string(at) + ' '));
}

TEST_F(http_server_test, a_request_in_single_bytes_is_a_request) {
  raw_client client(server_.port());
  for (const char c : std::string("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"))
    ASSERT_TRUE(client.send(std::string_view(&c, 1)));
  EXPECT_THAT(client.read_answer(), EndsWith("POST /b ok"));
}

TEST_F(http_server_test, http_1_0_and_connection_close_end_the_connection) {
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  raw_client client(server_.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(client.closed());
}

TEST_F(http_server_test, head_has_the_length_but_no_body) {
  raw_client client(server_.port());
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(false), HasSubstr("Content-Length: 7"));
  EXPECT_THAT(client.read_answer(), EndsWith("GET /next "));
}

TEST_F(http_server_test, an_answer_without_body_and_a_header_with_line_breaks_are_safe) {
  raw_client client(server_.port());
  client.send("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(false), StartsWith("HTTP/1.1 204 No Content"));
  client.send("GET /inject HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("X-Name: a  X-Evil: 1\r\n"));
}

TEST_F(http_server_test, chunked_bodies_and_100_continue_work) {
  EXPECT_THAT(ask("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
              EndsWith("POST /c abc"));
  raw_client client(server_.port());
  client.send("POST /d HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_answer(false), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.read_answer(), EndsWith("POST /d ok"));
}

TEST_F(http_server_test, what_is_too_large_is_refused_and_the_answer_arrives) {
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + std::string(1'001, 'x')),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                  std::string(2'000, 'x')),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("GET /" + std::string(200'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(http_server_test, requests_that_could_be_read_in_two_ways_are_refused) {
  for (const auto* bytes :
       {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n folded\r\nbad\r\n\r\n", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xfc", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\r\n\r\nx\r\n\r\n"}) {
    const auto answer = ask(bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 505 "))
        << bytes << answer;
    EXPECT_THAT(answer, HasSubstr("application/problem+json"));
  }
}

TEST_F(http_server_test, an_unknown_expectation_is_417) {
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n"), StartsWith("HTTP/1.1 417 "));
}

TEST_F(http_server_test, a_handler_that_throws_is_503_without_its_words_and_the_server_lives) {
  const auto answer = ask("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(answer.find("secret"), std::string::npos);
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_server_test, slow_clients_lose_their_connection) {
  raw_client silent(server_.port()), header(server_.port()), body(server_.port()), idle(server_.port());
  const auto began = std::chrono::steady_clock::now();
  header.send("GET / HTTP/1.1\r\nHo");
  body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nxx");
  idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(idle.read_answer(), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(header.closed());
  EXPECT_TRUE(body.closed());
  EXPECT_TRUE(idle.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
}

TEST_F(http_server_test, a_client_that_drips_its_header_gains_no_time) {
  raw_client client(server_.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nX: ");
  const auto began = std::chrono::steady_clock::now();
  // Each byte waits for the answer that never comes, so the dripping needs no sleep.
  const timeval pause{0, 20'000};
  std::size_t sent = 0;
  while (client.send("y") && sent < 500) {
    ++sent;
    auto wait = pause;
    ::select(0, nullptr, nullptr, nullptr, &wait);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_LT(sent, 500u);
}

TEST_F(http_server_test, connections_beyond_the_limit_get_503_at_once_and_room_comes_back) {
  std::deque<raw_client> held;
  for (int at = 0; at < 4; ++at) {
    held.emplace_back(server_.port()).send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(held.back().read_answer(), StartsWith("HTTP/1.1 200 "));
  }
  const auto refused = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
  held.clear();
  std::string answer;
  for (int tries = 0; tries < 200 && !answer.starts_with("HTTP/1.1 200 "); ++tries)
    answer = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_server_test, garbage_never_ends_it) {
  std::mt19937 random(20'231'123);
  const std::string seed =
      "POST /a?b=c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nT: "
      "1\r\n\r\n";
  for (int round = 0; round < 400; ++round) {
    auto bytes = seed;
    for (int change = 0; change < 3; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random() & 0xff);
    raw_client client(server_.port());
    client.send(bytes);
    client.end();
    client.read_all();
  }
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(http_server_test, stop_closes_idle_connections_and_refuses_new_ones) {
  raw_client idle(server_.port());
  idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(idle.read_answer(), StartsWith("HTTP/1.1 200 "));
  server_.stop();
  EXPECT_TRUE(idle.closed());
  EXPECT_FALSE(raw_client(server_.port()).connected());
  server_.stop();
}

TEST_F(http_server_test, a_port_in_use_is_an_error_that_names_it) {
  auto options = quick();
  options.port = server_.port();
  try {
    http_server second(thread_, options, http_handler(echo));
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:" + std::to_string(server_.port())));
  }
}

TEST(http_server_async, an_answer_may_come_from_another_thread_and_only_once) {
  io_thread thread("http-test");
  std::promise<http_reply> given;
  http_server server(thread, {},
                     [&](http_request&&, http_reply reply) { given.set_value(std::move(reply)); });
  raw_client client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  std::thread other([reply = given.get_future().get()] {
    reply({200, "text/plain", {}, "first"});
    reply({200, "text/plain", {}, "second"});
  });
  EXPECT_THAT(client.read_answer(), EndsWith("first"));
  other.join();
}

TEST(http_server_async, requests_of_a_connection_are_handled_together_and_answered_in_their_order) {
  io_thread thread("http-test");
  std::mutex mutex;
  std::vector<http_reply> replies;
  std::promise<void> all_came;
  http_server_options options;
  options.max_pipelined = 3;
  http_server server(thread, options, [&](http_request&&, http_reply reply) {
    const std::lock_guard lock(mutex);
    replies.push_back(std::move(reply));
    if (replies.size() == 3) all_came.set_value();
    if (replies.size() == 4) replies.back()({200, "text/plain", {}, "3"});
  });
  raw_client client(server.port());
  std::string requests;
  for (int at = 0; at < 4; ++at) requests += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(requests);
  all_came.get_future().get();
  // The fourth is not read before there is room; the last answer given is the first sent.
  EXPECT_EQ(replies.size(), 3u);
  for (const int at : {2, 1, 0})
    replies[static_cast<std::size_t>(at)]({200, "text/plain", {}, std::to_string(at)});
  for (const auto* body : {"0", "1", "2", "3"}) EXPECT_THAT(client.read_answer(), EndsWith(body));
}

TEST(http_server_async, who_has_said_all_still_gets_its_answers) {
  io_thread thread("http-test");
  std::promise<http_reply> given;
  http_server server(thread, {},
                     [&](http_request&&, http_reply reply) { given.set_value(std::move(reply)); });
  raw_client client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.end();
  given.get_future().get()({200, "text/plain", {}, "late"});
  EXPECT_THAT(client.read_all(), EndsWith("late"));
}

TEST(http_server_limits, one_address_has_its_own_limit) {
  io_thread thread("http-test");
  http_server_options options;
  options.max_connections_per_address = 2;
  http_server server(thread, options, http_handler(echo));
  raw_client first(server.port()), second(server.port()), third(server.port());
  for (auto* each : {&first, &second}) {
    each->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(each->read_answer(), StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_THAT(third.read_all(), StartsWith("HTTP/1.1 503 "));
}

TEST(http_server_limits, bodies_being_received_from_one_address_may_take_half_of_the_limit) {
  io_thread thread("http-test");
  http_server_options options;
  options.bodies_limit = 20'000;
  std::vector<int> refused;
  options.refused = [&](int status, const std::string&) { refused.push_back(status); };
  http_server server(thread, options, http_handler(echo));
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n";
  raw_client slow(server.port());
  slow.send(head + std::string(8'000, 'x'));
  std::string answer;
  // Until the slow one's bytes have been read: then there is no room for another's.
  for (int tries = 0; tries < 1'000 && !answer.starts_with("HTTP/1.1 503 "); ++tries) {
    raw_client other(server.port());
    other.send(head + std::string(9'000, 'y'));
    answer = other.read_answer();
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  slow.send(std::string(1'000, 'x'));
  EXPECT_THAT(slow.read_answer(), StartsWith("HTTP/1.1 200 "));
  server.stop();
  EXPECT_THAT(refused, ::testing::Contains(503));
}

TEST(http_server_limits, a_body_must_come_at_a_least_rate) {
  io_thread thread("http-test");
  http_server_options options;
  options.body_grace = 100ms;
  options.least_body_rate = 100'000;
  http_server server(thread, options, http_handler(echo));
  raw_client client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n");
  const auto began = std::chrono::steady_clock::now();
  const timeval pause{0, 10'000};
  for (bool open = true; open && std::chrono::steady_clock::now() - began < 3s;) {
    open = client.send("dripping");
    auto wait = pause;
    ::select(0, nullptr, nullptr, nullptr, &wait);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 "));
}

TEST(http_server_async, a_reply_dropped_unused_is_503) {
  io_thread thread("http-test");
  http_server server(thread, {}, http_async_handler([](http_request&&, const http_reply&) {}));
  raw_client client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 503 "));
}

TEST(http_server_async, stop_waits_for_an_answer_under_way_but_not_for_ever) {
  io_thread thread("http-test");
  std::promise<http_reply> given;
  http_server_options options;
  options.stop_grace = 5s;
  http_server server(thread, options,
                     [&](http_request&&, http_reply reply) { given.set_value(std::move(reply)); });
  raw_client client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto reply = given.get_future().get();
  auto stopped = std::async(std::launch::async, [&] { server.stop(); });
  EXPECT_EQ(stopped.wait_for(100ms), std::future_status::timeout);
  reply({200, "text/plain", {}, "late"});
  EXPECT_THAT(client.read_answer(), HasSubstr("Connection: close"));
  EXPECT_TRUE(client.closed());
  stopped.get();
}

}  // namespace
}  // namespace dispatch
