// Bodies and windows (RFC 9113 5.2, 6.9): what is sent, when, and what the peer may do to it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace dispatch::http2::test {
namespace {

std::string window_update(std::int32_t stream, std::uint32_t by) {
  std::string out;
  write_window_update(out, static_cast<std::uint32_t>(stream), by);
  return out;
}

std::string settings(setting name, std::uint32_t value) {
  std::string out;
  write_settings(out, {{name, value}});
  return out;
}

/// A client whose peer is this test itself.
class flow_control : public ::testing::Test {
 protected:
  static session_options options() {
    session_options made;
    made.authority = "push.example";
    made.max_answer_bytes = std::size_t{64} << 20;
    return made;
  }

  void receive(const std::string& bytes) { ASSERT_TRUE(client.receive(bytes_of(bytes))); }

  exchange& start(std::size_t body) {
    auto& x = exchanges.emplace_back(make_request(std::string(body, 'b')));
    client.start(x);
    return x;
  }

  /// Takes the client's output; keeps DATA by stream and WINDOW_UPDATE likewise.
  void collect() {
    std::string out;
    client.collect(out);
    if (out.starts_with(connection_preface)) out.erase(0, connection_preface.size());
    frame_reader reader;
    auto input = bytes_of(out);
    for (http2::frame f; reader.next(input, f) == frame_reader::step::frame;) {
      const auto stream = static_cast<std::int32_t>(f.stream);
      if (f.type == frame_type::window_update) updates[stream] += read_u32(f.payload);
      if (f.type != frame_type::data) continue;
      sent[stream] += f.payload.size();
      if (f.has(frame_flag::end_stream)) ended.push_back(stream);
    }
  }

  std::list<exchange> exchanges;
  client_session client{options()};
  std::map<std::int32_t, std::size_t> sent;
  std::map<std::int32_t, std::size_t> updates;
  std::vector<std::int32_t> ended;
};

TEST_F(flow_control, body_waits_for_its_streams_window) {
  receive(settings(setting::initial_window_size, 10));
  const auto& x = start(25);
  collect();
  EXPECT_EQ(sent[x.stream], 10U);
  receive(window_update(x.stream, 14));
  collect();
  EXPECT_EQ(sent[x.stream], 24U);
  EXPECT_TRUE(ended.empty());
  receive(window_update(x.stream, 1'000));
  collect();
  EXPECT_EQ(sent[x.stream], 25U);
  EXPECT_THAT(ended, ::testing::ElementsAre(x.stream));
}

TEST_F(flow_control, bodies_share_the_connections_window_in_their_order) {
  receive(settings(setting::initial_window_size, 1 << 20));
  const auto& first = start(50'000);
  const auto& second = start(50'000);
  const auto& third = start(10);
  collect();
  EXPECT_EQ(sent[first.stream], 50'000U);
  EXPECT_EQ(sent[second.stream], 15'535U);
  EXPECT_EQ(sent[third.stream], 0U);
  receive(window_update(0, 40'000));
  collect();
  EXPECT_EQ(sent[second.stream], 50'000U);
  EXPECT_EQ(sent[third.stream], 10U);
}

TEST_F(flow_control, a_new_body_does_not_overtake_those_that_wait) {
  receive(settings(setting::initial_window_size, 1 << 20));
  const auto& waiting = start(70'000);
  collect();
  EXPECT_EQ(sent[waiting.stream], 65'535U);
  // Both in one turn: the window opens, and there is a new request before anything is collected.
  receive(window_update(0, 1'000));
  const auto& late = start(50);
  collect();
  EXPECT_EQ(sent[waiting.stream], 66'535U);
  EXPECT_EQ(sent[late.stream], 0U);
  receive(window_update(0, 10'000));
  collect();
  EXPECT_EQ(sent[late.stream], 50U);
}

TEST_F(flow_control, stream_stopped_by_its_own_window_does_not_stop_others) {
  receive(settings(setting::initial_window_size, 5));
  const auto& stopped = start(10);
  const auto& other = start(3);
  collect();
  EXPECT_EQ(sent[stopped.stream], 5U);
  EXPECT_EQ(sent[other.stream], 3U);
  EXPECT_THAT(ended, ::testing::ElementsAre(other.stream));
}

TEST_F(flow_control, window_shrunk_below_zero_must_be_earned_back) {
  receive(settings(setting::initial_window_size, 100));
  const auto& x = start(300);
  collect();
  EXPECT_EQ(sent[x.stream], 100U);
  receive(settings(setting::initial_window_size, 20));  // now at -80
  receive(window_update(x.stream, 80));
  collect();
  EXPECT_EQ(sent[x.stream], 100U);
  receive(window_update(x.stream, 1));
  collect();
  EXPECT_EQ(sent[x.stream], 101U);
  receive(settings(setting::initial_window_size, 1'000));
  collect();
  EXPECT_EQ(sent[x.stream], 300U);
}

TEST_F(flow_control, settings_do_not_move_the_connections_window) {
  receive(settings(setting::initial_window_size, 1 << 20));
  const auto& x = start(70'000);
  collect();
  receive(settings(setting::initial_window_size, 2 << 20));
  collect();
  EXPECT_EQ(sent[x.stream], 65'535U);
}

TEST_F(flow_control, body_is_cut_into_frames_of_the_least_maximum) {
  receive(settings(setting::initial_window_size, 1 << 20) + settings(setting::max_frame_size, 1 << 20));
  start(40'000);
  std::string out;
  client.collect(out);
  frame_reader reader;
  auto input = bytes_of(out).subspan(connection_preface.size());
  std::vector<std::size_t> sizes;
  for (http2::frame f; reader.next(input, f) == frame_reader::step::frame;)
    if (f.type == frame_type::data) sizes.push_back(f.payload.size());
  EXPECT_THAT(sizes, ::testing::ElementsAre(16'384, 16'384, 7'232));
}

TEST_F(flow_control, cancelled_body_is_not_sent_on) {
  receive(settings(setting::initial_window_size, 10));
  auto& x = start(25);
  collect();
  client.cancel(x);
  receive(window_update(x.stream, 100));
  collect();
  EXPECT_EQ(sent[x.stream], 10U);
}

TEST_F(flow_control, windows_of_ours_are_given_back_as_answers_come) {
  receive(settings(setting::max_concurrent_streams, 10));
  const auto& x = start(1);
  collect();
  EXPECT_EQ(updates[0], (16U << 20) - 65'535);
  updates.clear();
  receive(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, x.stream, "\x88"));
  // Padding counts as well; the stream's window is 1 MiB, the connection's 16.
  const auto piece = frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, x.stream,
                           '\xff' + std::string(16'128, 'x') + std::string(255, '\0'));
  for (int i = 0; i < 640; ++i) receive(piece);
  collect();
  EXPECT_EQ(updates[x.stream], 640U * 16'384);
  EXPECT_EQ(updates[0], 8U << 20);
  EXPECT_EQ(x.answer.size(), 640U * 16'128);
}

TEST_F(flow_control, data_nobody_wants_is_given_back_too) {
  receive(settings(setting::max_concurrent_streams, 10));
  auto& x = start(1);
  client.cancel(x);
  collect();
  updates.clear();
  for (int i = 0; i < 512; ++i)
    receive(frame(NGHTTP2_DATA, 0, x.stream, std::string(max_frame_payload, 'x')));
  collect();
  EXPECT_EQ(updates[0], 8U << 20);
  EXPECT_EQ(updates.count(x.stream), 0U);
}

TEST_F(flow_control, settings_are_acknowledged_before_the_next_request) {
  receive(settings(setting::header_table_size, 0));
  start(0);
  std::string out;
  client.collect(out);
  std::vector<frame_type> types;
  frame_reader reader;
  auto input = bytes_of(out).subspan(connection_preface.size());
  for (http2::frame f; reader.next(input, f) == frame_reader::step::frame;) {
    types.push_back(f.type);
    if (f.type != frame_type::headers) continue;
    EXPECT_EQ(f.payload[0], 0x20);  // the table's new size comes first
  }
  EXPECT_THAT(types, ::testing::ElementsAre(frame_type::settings, frame_type::window_update,
                                            frame_type::settings, frame_type::headers));
}

}  // namespace
}  // namespace dispatch::http2::test
