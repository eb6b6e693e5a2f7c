// Frames of no use: how many a session bears, and which of them a decent peer cannot help sending.

#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace dispatch::http2::test {
namespace {

/// The client has stream 1 open and 3 cancelled.
class session_floods : public client_session_test {
 protected:
  void SetUp() override {
    sent();
    client.cancel(sent());
    std::string settle_it;
    client.collect(settle_it);
  }

  void receive(const std::string& bytes) { ASSERT_TRUE(client.receive(bytes_of(bytes))); }

  /// How many of them the session bears at one moment.
  int borne(const std::string& bytes) {
    int count = 0;
    std::string out;
    while (count < 100'000 && client.receive(bytes_of(bytes))) {
      ++count;
      client.collect(out);
      out.clear();
    }
    return count;
  }
};

TEST_F(session_floods, frames_of_no_use_are_bounded_though_answered) {
  EXPECT_LT(borne(frame(NGHTTP2_PING, 0, 0, "12345678")), 2'000);
  EXPECT_TRUE(client.broken());
  EXPECT_NE(client.error(), "");
}

TEST_F(session_floods, empty_data_is_bounded) {
  receive(frame(NGHTTP2_HEADERS, end_headers, 1, status_200));
  EXPECT_LT(borne(frame(NGHTTP2_DATA, 0, 1, "")), 2'000);
}

TEST_F(session_floods, informational_answers_are_bounded) {
  EXPECT_LT(borne(frame(NGHTTP2_HEADERS, end_headers, 1, status("103"))), 2'000);
}

TEST_F(session_floods, resets_of_closed_streams_are_bounded) {
  EXPECT_LT(borne(frame(NGHTTP2_RST_STREAM, 0, 3, bytes4(0))), 2'000);
}

TEST_F(session_floods, windows_of_closed_streams_are_bounded) {
  EXPECT_LT(borne(frame(NGHTTP2_WINDOW_UPDATE, 0, 3, bytes4(1))), 2'000);
}

TEST_F(session_floods, data_of_closed_streams_is_bounded) {
  EXPECT_LT(borne(frame(NGHTTP2_DATA, 0, 3, "x")), 2'000);
}

// Ten times what the guard would bear at one moment, from a server that does nothing wrong.
TEST_F(session_floods, what_our_own_requests_cause_is_no_flood) {
  for (int i = 0; i < 10'000; ++i) {
    const auto id = 2 * i + 5;  // 1 and 3 are the fixture's
    auto& x = start();
    ASSERT_EQ(x.stream, id);
    std::string in = frame(NGHTTP2_HEADERS, end_headers, id, status("103"));
    switch (i % 3) {
      case 0:  // its reset after an answer that came before our body was read
        in += frame(NGHTTP2_HEADERS, end_headers | end_stream, id, status_200);
        in += frame(NGHTTP2_RST_STREAM, 0, id, bytes4(0));
        break;
      case 1:  // a window that crossed our last frame
        in += frame(NGHTTP2_HEADERS, end_headers | end_stream, id, status_200);
        in += frame(NGHTTP2_WINDOW_UPDATE, 0, id, bytes4(2));
        break;
      default:  // an answer that crossed our reset
        client.cancel(x);
        in += frame(NGHTTP2_HEADERS, end_headers, id, status_200) + frame(NGHTTP2_DATA, 0, id, "late");
        in += frame(NGHTTP2_DATA, end_stream, id, "");
        break;
    }
    ASSERT_TRUE(client.receive(bytes_of(in))) << i;
    std::string out;
    client.collect(out);
    client.ended().clear();
    exchanges.pop_back();
  }
  EXPECT_FALSE(client.closing());
}

TEST_F(session_floods, what_was_expected_is_used_up) {
  for (int i = 0; i < 100; ++i) client.cancel(start());
  const auto late = borne(frame(NGHTTP2_DATA, 0, 3, "x"));
  EXPECT_GT(late, 100);
  EXPECT_LT(late, 10'000);
}

TEST_F(session_floods, priority_and_unknown_frames_are_bounded) {
  EXPECT_LT(borne(frame(NGHTTP2_PRIORITY, 0, 1, std::string(5, '\0')) + frame(77, 0, 1, "")), 2'000);
}

TEST_F(session_floods, headers_of_closed_streams_are_bounded) {
  EXPECT_LT(borne(frame(NGHTTP2_HEADERS, end_headers, 3, status_200)), 2'000);
}

}  // namespace
}  // namespace dispatch::http2::test
