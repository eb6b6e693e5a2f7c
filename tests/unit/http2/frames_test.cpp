// Frames as bytes and back, windows and settings: the session's parts without the session.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "session_peer.hpp"
#include "transport/http2/flood_guard.hpp"
#include "transport/http2/flow_window.hpp"
#include "transport/http2/frame_reader.hpp"
#include "transport/http2/frame_writer.hpp"
#include "transport/http2/peer_settings.hpp"

namespace dispatch::http2::test {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

struct whole_frame {
  frame_type type;
  std::uint8_t flags;
  std::uint32_t stream;
  std::string payload;
  bool operator==(const whole_frame&) const = default;
};

std::vector<whole_frame> read_all(std::string_view text, std::size_t slice) {
  frame_reader reader;
  std::vector<whole_frame> out;
  for (std::size_t at = 0; at < text.size(); at += slice) {
    auto input = bytes_of(text.substr(at, slice));
    for (http2::frame f; reader.next(input, f) == frame_reader::step::frame;)
      out.push_back({f.type, f.flags, f.stream, text_of(f.payload)});
  }
  return out;
}

TEST(frame_reader, gives_the_same_frames_however_the_bytes_are_cut) {
  std::string text;
  write_settings(text, {{setting::max_concurrent_streams, 100}});
  write_data(text, 1, std::string(max_frame_payload, 'd'), true);
  write_settings_ack(text);
  write_rst_stream(text, 5, error_code::cancel);
  write_data(text, 7, "", false);
  const auto whole = read_all(text, text.size());
  ASSERT_EQ(whole.size(), 5U);
  EXPECT_EQ(whole[1].payload.size(), max_frame_payload);
  EXPECT_EQ(whole[3], (whole_frame{frame_type::rst_stream, 0, 5, std::string("\0\0\0\x08", 4)}));
  for (const std::size_t slice : {1U, 2U, 8U, 9U, 10U, 100U, 16'384U, 16'393U})
    EXPECT_EQ(read_all(text, slice), whole) << slice;
}

TEST(frame_reader, refuses_a_length_past_the_limit_before_the_payload_comes) {
  http2::frame f;
  for (const std::size_t slice : {1U, 9U}) {
    frame_reader reader;
    const std::string text("\x00\x40\x01\x00\x00\x00\x00\x00\x01", 9);
    auto step = frame_reader::step::more;
    for (std::size_t at = 0; at < text.size(); at += slice) {
      auto input = bytes_of(std::string_view(text).substr(at, slice));
      step = reader.next(input, f);
    }
    EXPECT_EQ(step, frame_reader::step::too_large);
  }
}

TEST(frame_reader, reserved_bit_of_the_stream_is_ignored) {
  const auto text = frame(NGHTTP2_PING, 0, static_cast<std::int32_t>(0x80000003U), "12345678");
  EXPECT_EQ(read_all(text, 100)[0].stream, 3U);
}

TEST(frame_reader, padding_and_priority_are_taken_off) {
  http2::frame f;
  f.type = frame_type::data;
  f.flags = frame_flag::padded;
  const std::string padded("\x03hello\0\0\0", 9);
  f.payload = bytes_of(padded);
  EXPECT_EQ(text_of(unpadded(f).value()), "hello");
  f.type = frame_type::headers;
  f.flags = frame_flag::padded | frame_flag::priority;
  const std::string both("\x01\0\0\0\0\x10hi\0", 9);
  f.payload = bytes_of(both);
  EXPECT_EQ(text_of(unpadded(f).value()), "hi");
  f.flags = 0;
  EXPECT_EQ(unpadded(f)->size(), 9U);
}

TEST(frame_reader, impossible_padding_is_found) {
  http2::frame f;
  f.type = frame_type::data;
  f.flags = frame_flag::padded;
  EXPECT_FALSE(unpadded(f));
  f.payload = bytes_of("\x03hi");
  EXPECT_FALSE(unpadded(f));
  f.payload = bytes_of("\x02hi");
  EXPECT_EQ(unpadded(f)->size(), 0U);
  f.type = frame_type::headers;
  f.flags = frame_flag::priority;
  EXPECT_FALSE(unpadded(f));
}

TEST(frame_writer, long_header_block_goes_on_in_continuations) {
  std::string text = "before";
  const auto begun = begin_headers(text);
  std::string block(max_frame_payload * 2 + 10, 'h');
  std::iota(block.begin(), block.end(), '\0');
  text += block;
  end_headers(text, begun, 9, true);
  const auto frames = read_all(std::string_view(text).substr(6), 1'000);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].type, frame_type::headers);
  EXPECT_EQ(frames[0].flags, frame_flag::end_stream);
  EXPECT_EQ(frames[1].type, frame_type::continuation);
  EXPECT_EQ(frames[1].flags, 0);
  EXPECT_EQ(frames[2].flags, frame_flag::end_headers);
  EXPECT_EQ(frames[2].stream, 9U);
  EXPECT_EQ(frames[0].payload + frames[1].payload + frames[2].payload, block);
}

TEST(frame_writer, header_block_of_just_one_frame_stays_in_it) {
  std::string text;
  const auto begun = begin_headers(text);
  text.append(max_frame_payload, 'h');
  end_headers(text, begun, 1, false);
  const auto frames = read_all(text, text.size());
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].flags, frame_flag::end_headers);
}

TEST(send_window, goes_below_zero_and_comes_back) {
  send_window window(100);
  window.take(80);
  EXPECT_TRUE(window.widen(-100));
  EXPECT_EQ(window.left(), 0U);
  EXPECT_TRUE(window.widen(79));
  EXPECT_EQ(window.left(), 0U);
  EXPECT_TRUE(window.widen(2));
  EXPECT_EQ(window.left(), 1U);
}

TEST(send_window, does_not_pass_two_gibibytes) {
  send_window window(max_window - 1);
  EXPECT_TRUE(window.widen(1));
  EXPECT_FALSE(window.widen(1));
}

TEST(receive_window, is_given_back_when_half_is_gone) {
  receive_window window(100);
  EXPECT_EQ(window.take(49), 0U);
  EXPECT_EQ(window.take(11), 60U);
  EXPECT_EQ(window.take(49), 0U);
  EXPECT_EQ(window.take(1), 50U);
}

TEST(flood_guard, lets_a_trickle_pass_for_ever_and_stops_a_flood) {
  using namespace std::chrono_literals;
  flood_guard guard;
  auto now = flood_guard::clock::time_point(1h);
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(guard.allow(now += 6ms)) << i;
  int passed = 0;
  while (guard.allow(now += 1us)) ++passed;
  EXPECT_NEAR(passed, 1'000, 10);
  EXPECT_TRUE(guard.allow(now + 1s));
}

std::string entry(std::uint16_t id, std::uint32_t value) {
  std::string out;
  for (const int shift : {8, 0}) out += static_cast<char>((id >> shift) & 0xff);
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

TEST(peer_settings, takes_what_it_knows_and_ignores_the_rest) {
  peer_settings settings;
  const auto text =
      entry(1, 10) + entry(1, 20) + entry(2, 0) + entry(3, 7) + entry(4, 8) + entry(5, 16'384) + entry(99, 1);
  EXPECT_EQ(settings.apply(bytes_of(text)), error_code::no_error);
  EXPECT_EQ(settings.header_table_size, 20U);
  EXPECT_EQ(settings.least_header_table_size, 10U);
  EXPECT_EQ(settings.max_concurrent_streams, 7U);
  EXPECT_EQ(settings.initial_window, 8U);
  EXPECT_EQ(settings.apply({}), error_code::no_error);
  EXPECT_EQ(settings.least_header_table_size, 20U);
}

TEST(peer_settings, wrong_values_have_each_their_error) {
  const auto result = [](const std::string& text) { return peer_settings().apply(bytes_of(text)); };
  EXPECT_EQ(result(entry(2, 1)), error_code::protocol_error);
  EXPECT_EQ(result(entry(4, 0x8000'0000)), error_code::flow_control_error);
  EXPECT_EQ(result(entry(4, 0x7fff'ffff)), error_code::no_error);
  EXPECT_EQ(result(entry(5, 16'383)), error_code::protocol_error);
  EXPECT_EQ(result(entry(5, 0x100'0000)), error_code::protocol_error);
  EXPECT_EQ(result(entry(5, 0xff'ffff)), error_code::no_error);
  EXPECT_EQ(result("12345"), error_code::frame_size_error);
  std::string many;
  for (int i = 0; i < 33; ++i) many += entry(3, 1);
  EXPECT_EQ(result(many), error_code::enhance_your_calm);
}

}  // namespace
}  // namespace dispatch::http2::test
