#include "transport/http1/client_session.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace dispatch::http1 {
namespace {

using http2::exchange;
using http2::stream_end;

provider_request make_request() {
  provider_request call;
  call.shared = std::make_shared<header_list>(header_list{{"content-type", "application/json"}});
  call.path = "/hook?x=1";
  call.own = {{"webhook-id", "7"}};
  call.body = "{}";
  return call;
}

class http1_session_test : public ::testing::Test {
 protected:
  std::string sent() {
    std::string out;
    session.collect(out);
    return out;
  }
  void hear(std::string_view text) {
    session.receive({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  void expect_ended(const exchange& x, stream_end how) {
    ASSERT_EQ(session.ended().size(), 1U);
    EXPECT_EQ(session.ended().front().of, &x);
    EXPECT_EQ(session.ended().front().how, how);
    session.ended().clear();
  }

  client_session session{{.authority = "hooks.example:8443", .max_answer_bytes = 4}};
  exchange first{make_request()};
  exchange second{make_request()};
};

TEST_F(http1_session_test, request_is_whole_and_sized) {
  session.start(first);
  EXPECT_EQ(sent(),
            "POST /hook?x=1 HTTP/1.1\r\nhost: hooks.example:8443\r\ncontent-type: application/json\r\n"
            "webhook-id: 7\r\ncontent-length: 2\r\n\r\n{}");
  EXPECT_TRUE(first.on_wire);
}

TEST_F(http1_session_test, line_breaks_in_a_header_add_none) {
  first.call.own = {{"a", "b\r\nx: y"}};
  session.start(first);
  EXPECT_NE(sent().find("\r\na: b  x: y\r\n"), std::string::npos);
}

TEST_F(http1_session_test, one_request_at_a_time) {
  EXPECT_EQ(session.room(), 1U);
  session.start(first);
  EXPECT_EQ(session.room(), 0U);
  EXPECT_TRUE(session.usable());
  hear("HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nLocation: /x\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_EQ(session.room(), 0U);
  hear("def");
  expect_ended(first, stream_end::answered);
  EXPECT_EQ(first.status, 429);
  EXPECT_EQ(first.retry_after, "3");
  EXPECT_EQ(first.location, "/x");
  EXPECT_EQ(first.answer, "abcd") << "cut at the limit";
  EXPECT_EQ(session.room(), 1U);
}

TEST_F(http1_session_test, connection_that_is_not_kept_takes_no_more) {
  session.start(first);
  sent();
  hear("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  expect_ended(first, stream_end::answered);
  EXPECT_FALSE(session.usable());
  EXPECT_TRUE(session.finished());
  EXPECT_EQ(session.error(), "");
}

TEST_F(http1_session_test, bytes_behind_an_answer_are_never_the_next_ones) {
  session.start(first);
  sent();
  hear("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  expect_ended(first, stream_end::answered);
  EXPECT_FALSE(session.usable());
}

TEST_F(http1_session_test, unasked_answer_ends_the_connection) {
  hear("HTTP/1.1 408 Request Timeout\r\n\r\n");
  EXPECT_TRUE(session.broken());
  EXPECT_EQ(session.room(), 0U);
  EXPECT_TRUE(session.ended().empty());
}

TEST_F(http1_session_test, malformed_answer_leaves_the_outcome_unknown) {
  session.start(first);
  hear("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n");
  expect_ended(first, stream_end::reset);
  EXPECT_TRUE(session.broken());
  EXPECT_NE(session.error(), "");
}

TEST_F(http1_session_test, request_taken_back_takes_the_connection_with_it) {
  session.start(first);
  session.cancel(first);
  EXPECT_EQ(session.open(), 0U);
  EXPECT_TRUE(session.broken());
  EXPECT_FALSE(session.usable());
}

TEST_F(http1_session_test, end_of_the_connection_ends_a_body_without_length) {
  session.start(first);
  hear("HTTP/1.1 200 OK\r\n\r\nab");
  session.peer_closed();
  expect_ended(first, stream_end::answered);
  EXPECT_EQ(first.answer, "ab");
}

TEST_F(http1_session_test, end_of_the_connection_before_the_answer_answers_nothing) {
  session.start(first);
  session.peer_closed();
  EXPECT_TRUE(session.ended().empty());
  EXPECT_EQ(session.open(), 1U) << "the pool says what became of it";
}

TEST_F(http1_session_test, goodbye_waits_for_the_answer) {
  session.start(first);
  sent();
  session.goaway();
  EXPECT_FALSE(session.usable());
  EXPECT_FALSE(session.finished());
  hear("HTTP/1.1 204 No Content\r\n\r\n");
  expect_ended(first, stream_end::answered);
  EXPECT_TRUE(session.finished());
}

}  // namespace
}  // namespace dispatch::http1
