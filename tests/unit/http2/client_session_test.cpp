#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace dispatch::http2::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST_F(client_session_test, no_room_before_the_peers_settings) {
  EXPECT_EQ(client.room(), 0U);
  EXPECT_FALSE(client.usable());
  ASSERT_TRUE(peer.settle(client));
  EXPECT_EQ(client.room(), 100U);
  EXPECT_TRUE(client.usable());
}

TEST_F(client_session_test, own_limit_holds_below_the_peers) {
  auto narrow = options();
  narrow.max_streams = 7;
  client_session mine(narrow);
  session_peer other;
  ASSERT_TRUE(other.settle(mine));
  EXPECT_EQ(mine.room(), 7U);
}

TEST_F(client_session_test, peers_stream_limit_is_obeyed_live) {
  ASSERT_TRUE(peer.settle(client));
  peer.settings(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_EQ(client.room(), 1U);
  const auto& x = sent();
  EXPECT_EQ(client.room(), 0U);
  peer.settings(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 3);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_EQ(client.room(), 2U);
  peer.settings(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0);
  peer.answer(x.stream, 200, "");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_EQ(client.open(), 0U);
  EXPECT_EQ(client.room(), 0U);
  EXPECT_TRUE(client.usable());
}

TEST_F(client_session_test, request_arrives_as_it_was_given) {
  const auto& x = sent("hello");
  const auto& got = peer.requests[x.stream];
  EXPECT_EQ(got.body, "hello");
  EXPECT_TRUE(got.ended);
  EXPECT_TRUE(x.on_wire);
  EXPECT_THAT(got.headers,
              ElementsAre(Pair(":authority", "push.example"), Pair(":method", "POST"),
                          Pair(":path", "/3/device/abc"), Pair(":scheme", "https"), Pair("apns-topic", "app"),
                          Pair("authorization", "bearer x"), Pair("content-length", "5")));
}

TEST_F(client_session_test, empty_body_ends_with_the_headers) {
  const auto& x = sent("");
  EXPECT_TRUE(peer.requests[x.stream].ended);
  peer.answer(x.stream, 204, "");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_EQ(x.status, 204);
}

TEST_F(client_session_test, answer_comes_with_status_body_and_the_headers_of_interest) {
  const auto& x = sent();
  peer.headers(x.stream, {{":status", "429"}, {"retry-after", "7"}, {"apns-id", "id-1"}, {"other", "x"}},
               true);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::answered)));
  EXPECT_EQ(x.status, 429);
  EXPECT_EQ(x.retry_after, "7");
  EXPECT_EQ(x.apns_id, "id-1");
  EXPECT_EQ(client.open(), 0U);
}

TEST_F(client_session_test, bytes_may_come_one_at_a_time) {
  const auto& x = sent();
  peer.answer(x.stream, 400, "{\"reason\":\"BadDeviceToken\"}");
  peer.trickle(client);
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::answered)));
  EXPECT_EQ(x.status, 400);
  EXPECT_EQ(x.answer, "{\"reason\":\"BadDeviceToken\"}");
}

TEST_F(client_session_test, informational_answers_are_not_the_answer) {
  const auto& x = sent();
  peer.headers(x.stream, {{":status", "100"}, {"retry-after", "1"}}, false);
  peer.headers(x.stream, {{":status", "103"}}, false);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_TRUE(ended().empty());
  peer.answer(x.stream, 200, "ok");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::answered)));
  EXPECT_EQ(x.status, 200);
  EXPECT_EQ(x.retry_after, "");
}

TEST_F(client_session_test, trailers_change_nothing) {
  const auto& x = sent();
  peer.headers(x.stream, {{":status", "200"}, {"apns-id", "real"}}, false);
  peer.headers(x.stream, {{"apns-id", "trailer"}, {"retry-after", "9"}}, true);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::answered)));
  EXPECT_EQ(x.status, 200);
  EXPECT_EQ(x.apns_id, "real");
  EXPECT_EQ(x.retry_after, "");
}

TEST_F(client_session_test, answer_without_status_is_a_reset) {
  const auto& x = sent();
  peer.headers(x.stream, {{"apns-id", "x"}}, true);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::reset)));
}

TEST_F(client_session_test, nonsense_status_is_a_reset) {
  const auto& x = sent();
  peer.headers(x.stream, {{":status", "2xx"}}, true);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::reset)));
}

TEST_F(client_session_test, body_is_cut_and_the_rest_refused) {
  const auto& x = sent();
  peer.answer(x.stream, 500, std::string(10'000, 'z'));
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::answered)));
  EXPECT_EQ(x.answer, std::string(100, 'z'));
  EXPECT_THAT(peer.resets, ElementsAre(Pair(x.stream, NGHTTP2_CANCEL)));
  EXPECT_EQ(client.open(), 0U);
}

TEST_F(client_session_test, body_of_just_the_limit_is_whole) {
  const auto& x = sent();
  peer.answer(x.stream, 200, std::string(100, 'z'));
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::answered)));
  EXPECT_EQ(x.answer.size(), 100U);
  EXPECT_TRUE(peer.resets.empty());
}

TEST_F(client_session_test, header_list_past_the_limit_is_a_reset) {
  const auto& x = sent();
  fields many{{":status", "200"}};
  for (int i = 0; i < 12; ++i) many.emplace_back("h" + std::to_string(i), std::string(3'000, 'v'));
  peer.headers(x.stream, many, true);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::reset)));
  sent();  // the connection lives on
}

TEST_F(client_session_test, refused_stream_was_not_processed) {
  const auto& x = sent();
  peer.rst(x.stream, NGHTTP2_REFUSED_STREAM);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::refused)));
}

TEST_F(client_session_test, any_other_reset_leaves_the_outcome_unknown) {
  for (const auto code : {NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL,
                          NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_HTTP_1_1_REQUIRED}) {
    const auto& x = sent();
    peer.rst(x.stream, static_cast<std::uint32_t>(code));
    ASSERT_TRUE(peer.settle(client));
    EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::reset))) << code;
  }
}

TEST_F(client_session_test, refused_after_a_status_is_not_believed) {
  const auto& x = sent();
  peer.headers(x.stream, {{":status", "200"}}, false);
  ASSERT_TRUE(peer.settle(client));
  peer.rst(x.stream, NGHTTP2_REFUSED_STREAM);
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::reset)));
}

TEST_F(client_session_test, goaway_gives_back_what_is_above_and_keeps_what_is_below) {
  const auto& below = sent();
  const auto& above = sent();
  peer.goaway(below.stream, NGHTTP2_NO_ERROR, "{\"reason\":\"Shut\ndown\"}");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&above, stream_end::unprocessed)));
  EXPECT_TRUE(client.closing());
  EXPECT_EQ(client.room(), 0U);
  EXPECT_FALSE(client.finished());
  EXPECT_EQ(client.take_goaway(), "NO_ERROR: {\"reason\":\"Shut?down\"}");
  EXPECT_EQ(client.take_goaway(), std::nullopt);
  peer.answer(below.stream, 200, "");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&below, stream_end::answered)));
  EXPECT_TRUE(client.finished());
}

TEST_F(client_session_test, goaway_below_an_answered_stream_is_not_believed) {
  const auto& x = sent();
  peer.headers(x.stream, {{":status", "200"}}, false);
  ASSERT_TRUE(peer.settle(client));
  ASSERT_TRUE(client.receive(bytes_of(frame(NGHTTP2_GOAWAY, 0, 0, std::string(8, '\0')))));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::reset)));
}

TEST_F(client_session_test, goaway_in_two_steps_keeps_streams_until_the_second) {
  const auto& x = sent();
  const auto& y = sent();
  peer.goaway(INT32_MAX, NGHTTP2_NO_ERROR, "");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_TRUE(ended().empty());
  EXPECT_EQ(client.room(), 0U);
  peer.goaway(x.stream, NGHTTP2_NO_ERROR, "");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&y, stream_end::unprocessed)));
}

TEST_F(client_session_test, large_body_passes_a_tiny_window) {
  session_peer narrow(100, 1);
  client_session mine(options());
  ASSERT_TRUE(narrow.settle(mine));
  auto& x = exchanges.emplace_back(make_request(std::string(500, 'b')));
  mine.start(x);
  ASSERT_TRUE(narrow.settle(mine));
  EXPECT_EQ(narrow.requests[x.stream].body, std::string(500, 'b'));
  EXPECT_TRUE(narrow.requests[x.stream].ended);
}

TEST_F(client_session_test, early_answer_counts_though_the_body_is_stuck) {
  session_peer closed(100, 0);
  client_session mine(options());
  ASSERT_TRUE(closed.settle(mine));
  auto& x = exchanges.emplace_back(make_request());
  mine.start(x);
  ASSERT_TRUE(closed.settle(mine));
  closed.answer(x.stream, 413, "");
  ASSERT_TRUE(closed.settle(mine));
  ASSERT_EQ(mine.ended().size(), 1U);
  EXPECT_EQ(mine.ended()[0].how, stream_end::answered);
  EXPECT_EQ(mine.open(), 0U);
}

TEST_F(client_session_test, cancel_frees_the_slot_and_forgets_the_request) {
  {
    auto& x = sent();
    client.cancel(x);
    exchanges.clear();
  }
  ASSERT_TRUE(peer.settle(client));
  EXPECT_EQ(client.open(), 0U);
  EXPECT_TRUE(ended().empty());
  EXPECT_EQ(peer.resets.size(), 1U);
}

TEST_F(client_session_test, cancel_with_the_body_stuck_frees_the_slot) {
  session_peer closed(100, 0);
  client_session mine(options());
  ASSERT_TRUE(closed.settle(mine));
  mine.start(exchanges.emplace_back(make_request()));
  ASSERT_TRUE(closed.settle(mine));
  mine.cancel(exchanges.back());
  exchanges.clear();
  closed.settings(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65'535);
  ASSERT_TRUE(closed.settle(mine));
  EXPECT_EQ(mine.open(), 0U);
}

TEST_F(client_session_test, late_answer_to_a_cancelled_stream_is_ignored) {
  auto& x = sent();
  const auto stream = x.stream;
  client.cancel(x);
  exchanges.clear();
  peer.answer(stream, 200, "late");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_TRUE(ended().empty());
  EXPECT_EQ(client.open(), 0U);
}

TEST_F(client_session_test, rotates_before_stream_ids_run_out) {
  auto few = options();
  few.max_requests = 2;
  client_session mine(few);
  ASSERT_TRUE(peer.settle(mine));
  for (int i = 0; i < 2; ++i) {
    ASSERT_GT(mine.room(), 0U);
    mine.start(exchanges.emplace_back(make_request()));
  }
  EXPECT_EQ(mine.room(), 0U);
  EXPECT_TRUE(mine.closing());
  EXPECT_EQ(mine.open(), 2U);
}

TEST_F(client_session_test, goaway_of_ours_lets_open_streams_end) {
  const auto& x = sent();
  client.goaway();
  ASSERT_TRUE(peer.settle(client));
  EXPECT_EQ(peer.goaway_code, static_cast<std::uint32_t>(NGHTTP2_NO_ERROR));
  EXPECT_EQ(client.room(), 0U);
  peer.answer(x.stream, 200, "");
  ASSERT_TRUE(peer.settle(client));
  EXPECT_THAT(ended(), ElementsAre(Pair(&x, stream_end::answered)));
  EXPECT_TRUE(client.finished());
  EXPECT_TRUE(client.error().empty());
}

TEST_F(client_session_test, ping_is_answered_and_told_once) {
  ASSERT_TRUE(peer.settle(client));
  client.ping();
  EXPECT_FALSE(client.take_ping_ack());
  ASSERT_TRUE(peer.settle(client));
  EXPECT_TRUE(client.take_ping_ack());
  EXPECT_FALSE(client.take_ping_ack());
}

}  // namespace
}  // namespace dispatch::http2::test
