// Peers that break the protocol or flood: the connection ends, the process does not notice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace dispatch::http2::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class hostile_peer : public client_session_test {
 protected:
  void SetUp() override { ASSERT_TRUE(peer.settle(client)); }

  /// The client must end the connection over it, whatever else.
  void expect_end() {
    std::string out;
    client.collect(out);
    EXPECT_TRUE(client.broken() || client.finished());
    EXPECT_FALSE(client.error().empty());
    EXPECT_EQ(client.room(), 0U);
  }
};

TEST_F(hostile_peer, garbage_ends_the_connection) {
  client.receive(bytes_of(std::string(64, 'G')));
  expect_end();
}

TEST_F(hostile_peer, http1_answer_ends_the_connection) {
  client_session fresh(options());
  std::string out;
  fresh.collect(out);
  fresh.receive(bytes_of("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  fresh.collect(out);
  EXPECT_TRUE(fresh.broken() || fresh.finished());
}

TEST_F(hostile_peer, ping_flood_is_bounded) {
  const auto ping = frame(NGHTTP2_PING, 0, 0, std::string(8, 'p'));
  for (int i = 0; i < 2'000 && client.receive(bytes_of(ping)); ++i) {
  }
  EXPECT_TRUE(client.broken());
}

TEST_F(hostile_peer, settings_flood_is_bounded) {
  const auto settings = frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\4\0\1\0\0", 6));
  for (int i = 0; i < 2'000 && client.receive(bytes_of(settings)); ++i) {
  }
  EXPECT_TRUE(client.broken());
}

TEST_F(hostile_peer, settings_with_too_many_entries_end_the_connection) {
  std::string entries;
  for (int i = 0; i < 1'000; ++i) entries += std::string("\0\4\0\1\0\0", 6);
  client.receive(bytes_of(frame(NGHTTP2_SETTINGS, 0, 0, entries)));
  expect_end();
}

TEST_F(hostile_peer, endless_continuation_ends_the_connection) {
  const auto& x = sent();
  // :status 200 from the static table, then pieces that never end.
  client.receive(bytes_of(frame(NGHTTP2_HEADERS, 0, x.stream, "\x88")));
  const auto piece = frame(NGHTTP2_CONTINUATION, 0, x.stream,
                           std::string("\x00\x01"
                                       "a"
                                       "\x01"
                                       "b",
                                       5));
  for (int i = 0; i < 1'000 && client.receive(bytes_of(piece)); ++i) {
  }
  expect_end();
}

TEST_F(hostile_peer, push_promise_ends_the_connection) {
  const auto& x = sent();
  client.receive(bytes_of(frame(NGHTTP2_PUSH_PROMISE, NGHTTP2_FLAG_END_HEADERS, x.stream,
                                std::string("\0\0\0\2\x82\x84\x87", 7))));
  expect_end();
}

TEST_F(hostile_peer, header_bomb_costs_one_stream) {
  const auto& x = sent();
  // One entry of 4,000 bytes in the dynamic table, then named a thousand times over.
  std::string block = "\x88";
  block += std::string(
      "\x40\x01"
      "a",
      3);
  block += "\x7f";
  block += std::string("\xa1\x1e", 2);  // 127 + 33 + (30 << 7) = 4000
  block += std::string(4'000, 'v');
  block += std::string(1'000, '\xbe');
  ASSERT_TRUE(client.receive(
      bytes_of(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, x.stream, block))));
  std::string out;
  client.collect(out);
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::reset)));
  EXPECT_FALSE(client.broken());
}

TEST_F(hostile_peer, window_overflow_ends_the_connection) {
  client.receive(bytes_of(frame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\x7f\xff\xff\xff", 4))));
  expect_end();
}

TEST_F(hostile_peer, data_for_a_stream_never_opened_ends_the_connection) {
  client.receive(bytes_of(frame(NGHTTP2_DATA, 0, 99, "x")));
  expect_end();
}

TEST_F(hostile_peer, data_before_the_headers_ends_the_connection) {
  const auto& x = sent();
  client.receive(bytes_of(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, x.stream, "x")));
  expect_end();
}

TEST_F(hostile_peer, content_length_that_lies_is_a_reset) {
  const auto& x = sent();
  peer.headers(x.stream, {{":status", "200"}, {"content-length", "5"}}, true);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::reset)));
}

}  // namespace
}  // namespace dispatch::http2::test
