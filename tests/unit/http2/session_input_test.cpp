// One frame out of place each: which error the session ends the connection or the stream with.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace dispatch::http2::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

/// A literal field without indexing and without Huffman coding.
std::string field(const std::string& name, const std::string& value) {
  std::string out(1, '\0');
  out += static_cast<char>(name.size());
  out += name;
  out += static_cast<char>(value.size());
  return out + value;
}

/// The client has stream 1 open and 3 cancelled, 5 was never opened.
class session_input : public client_session_test {
 protected:
  void SetUp() override {
    open_ = &sent();
    client.cancel(sent());
    std::string settle_it;
    client.collect(settle_it);
    EXPECT_EQ(client.open(), 1U);
  }

  void receive(const std::string& bytes) { EXPECT_TRUE(client.receive(bytes_of(bytes))); }

  struct said {
    std::vector<std::uint32_t> goaways;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> resets;
    std::vector<std::pair<std::uint32_t, std::string>> data;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> updates;
  };

  /// What the client has to say now.
  said output() {
    std::string out;
    client.collect(out);
    said all;
    frame_reader reader;
    auto input = bytes_of(out);
    for (http2::frame f; reader.next(input, f) == frame_reader::step::frame;) {
      if (f.type == frame_type::goaway) all.goaways.push_back(read_u32(f.payload.subspan(4)));
      if (f.type == frame_type::rst_stream) all.resets.emplace_back(f.stream, read_u32(f.payload));
      if (f.type == frame_type::window_update) all.updates.emplace_back(f.stream, read_u32(f.payload));
      if (f.type == frame_type::data)
        all.data.emplace_back(f.stream, std::string(f.payload.begin(), f.payload.end()));
    }
    return all;
  }

  void expect_connection_error(const std::string& bytes, std::uint32_t code) {
    receive(bytes);
    EXPECT_EQ(client.room(), 0U);
    EXPECT_TRUE(client.closing());
    EXPECT_FALSE(client.finished());
    EXPECT_THAT(output().goaways, ElementsAre(code)) << client.error();
    EXPECT_TRUE(client.finished());
    EXPECT_NE(client.error(), "");
  }

  void expect_stream_error(const std::string& bytes, std::uint32_t code) {
    receive(bytes);
    EXPECT_THAT(ended(), ElementsAre(Pair(open_, stream_end::reset)));
    const auto all = output();
    EXPECT_THAT(all.resets, ElementsAre(Pair(1U, code)));
    EXPECT_THAT(all.goaways, IsEmpty());
    EXPECT_EQ(client.open(), 0U);
    EXPECT_GT(client.room(), 0U);
  }

  void expect_answered(const std::string& bytes) {
    receive(bytes);
    EXPECT_THAT(ended(), ElementsAre(Pair(open_, stream_end::answered)));
    const auto all = output();
    EXPECT_THAT(all.resets, IsEmpty());
    EXPECT_THAT(all.goaways, IsEmpty()) << client.error();
  }

  void expect_ignored(const std::string& bytes) {
    receive(bytes);
    EXPECT_TRUE(ended().empty());
    const auto all = output();
    EXPECT_THAT(all.resets, IsEmpty());
    EXPECT_THAT(all.goaways, IsEmpty()) << client.error();
    EXPECT_EQ(client.open(), 1U);
  }

  exchange* open_ = nullptr;
};

struct violation {
  const char* name;
  std::string bytes;
  std::uint32_t code;
};

class connection_error : public session_input, public ::testing::WithParamInterface<violation> {};

TEST_P(connection_error, ends_the_connection_with_its_code) {
  expect_connection_error(GetParam().bytes, GetParam().code);
}

const std::vector<violation> violations{
    {"data_on_stream_0", frame(NGHTTP2_DATA, 0, 0, "x"), NGHTTP2_PROTOCOL_ERROR},
    {"data_on_idle", frame(NGHTTP2_DATA, 0, 5, "x"), NGHTTP2_PROTOCOL_ERROR},
    {"data_on_even", frame(NGHTTP2_DATA, 0, 2, "x"), NGHTTP2_PROTOCOL_ERROR},
    {"data_padding", frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, "\x05x"), NGHTTP2_PROTOCOL_ERROR},
    {"headers_on_stream_0", frame(NGHTTP2_HEADERS, end_headers, 0, status_200), NGHTTP2_PROTOCOL_ERROR},
    {"headers_on_idle", frame(NGHTTP2_HEADERS, end_headers, 5, status_200), NGHTTP2_PROTOCOL_ERROR},
    {"headers_padding", frame(NGHTTP2_HEADERS, end_headers | NGHTTP2_FLAG_PADDED, 1, "\x09" + status_200),
     NGHTTP2_PROTOCOL_ERROR},
    {"headers_undecodable", frame(NGHTTP2_HEADERS, end_headers, 1, "\xff\xff\xff\xff\xff\xff"),
     NGHTTP2_COMPRESSION_ERROR},
    {"headers_cut_off", frame(NGHTTP2_HEADERS, end_headers, 1, std::string("\0\x05xy", 4)),
     NGHTTP2_COMPRESSION_ERROR},
    {"headers_undecodable_on_a_closed_stream", frame(NGHTTP2_HEADERS, end_headers, 3, "\xfe"),
     NGHTTP2_COMPRESSION_ERROR},
    {"block_interrupted_by_ping",
     frame(NGHTTP2_HEADERS, 0, 1, status_200) + frame(NGHTTP2_PING, 0, 0, "12345678"),
     NGHTTP2_PROTOCOL_ERROR},
    {"block_interrupted_by_headers",
     frame(NGHTTP2_HEADERS, 0, 1, status_200) + frame(NGHTTP2_HEADERS, end_headers, 1, status_200),
     NGHTTP2_PROTOCOL_ERROR},
    {"block_continued_elsewhere",
     frame(NGHTTP2_HEADERS, 0, 1, status_200) + frame(NGHTTP2_CONTINUATION, end_headers, 3, ""),
     NGHTTP2_PROTOCOL_ERROR},
    {"continuation_of_nothing", frame(NGHTTP2_CONTINUATION, end_headers, 1, status_200),
     NGHTTP2_PROTOCOL_ERROR},
    {"push_promise", frame(NGHTTP2_PUSH_PROMISE, end_headers, 1, bytes4(2) + "\x82"), NGHTTP2_PROTOCOL_ERROR},
    {"settings_on_a_stream", frame(NGHTTP2_SETTINGS, 0, 1, ""), NGHTTP2_PROTOCOL_ERROR},
    {"settings_length", frame(NGHTTP2_SETTINGS, 0, 0, "12345"), NGHTTP2_FRAME_SIZE_ERROR},
    {"settings_ack_length", frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "123456"), NGHTTP2_FRAME_SIZE_ERROR},
    {"settings_push", frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\2", 2) + bytes4(1)),
     NGHTTP2_PROTOCOL_ERROR},
    {"settings_window", frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\4", 2) + bytes4(0x8000'0000)),
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"settings_overflow_a_stream",
     frame(NGHTTP2_WINDOW_UPDATE, 0, 1, bytes4(0x7fff'ffff - 65'533)) +
         frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\4", 2) + bytes4(65'536)),
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"ping_on_a_stream", frame(NGHTTP2_PING, 0, 1, "12345678"), NGHTTP2_PROTOCOL_ERROR},
    {"ping_length", frame(NGHTTP2_PING, 0, 0, "1234567"), NGHTTP2_FRAME_SIZE_ERROR},
    {"goaway_on_a_stream", frame(NGHTTP2_GOAWAY, 0, 1, std::string(8, '\0')), NGHTTP2_PROTOCOL_ERROR},
    {"goaway_length", frame(NGHTTP2_GOAWAY, 0, 0, "1234567"), NGHTTP2_FRAME_SIZE_ERROR},
    {"rst_on_stream_0", frame(NGHTTP2_RST_STREAM, 0, 0, bytes4(0)), NGHTTP2_PROTOCOL_ERROR},
    {"rst_on_idle", frame(NGHTTP2_RST_STREAM, 0, 5, bytes4(0)), NGHTTP2_PROTOCOL_ERROR},
    {"rst_length", frame(NGHTTP2_RST_STREAM, 0, 1, "123"), NGHTTP2_FRAME_SIZE_ERROR},
    {"window_update_length", frame(NGHTTP2_WINDOW_UPDATE, 0, 0, "123"), NGHTTP2_FRAME_SIZE_ERROR},
    {"window_update_by_nothing", frame(NGHTTP2_WINDOW_UPDATE, 0, 0, bytes4(0)), NGHTTP2_PROTOCOL_ERROR},
    {"window_update_on_idle", frame(NGHTTP2_WINDOW_UPDATE, 0, 5, bytes4(1)), NGHTTP2_PROTOCOL_ERROR},
    {"window_update_overflow", frame(NGHTTP2_WINDOW_UPDATE, 0, 0, bytes4(0x7fff'ffff)),
     NGHTTP2_FLOW_CONTROL_ERROR},
    {"frame_too_long", std::string("\x00\x40\x01\x00\x00\x00\x00\x00\x01", 9), NGHTTP2_FRAME_SIZE_ERROR},
    {"data_after_informational",
     frame(NGHTTP2_HEADERS, end_headers, 1, status("103")) + frame(NGHTTP2_DATA, 0, 1, "x"),
     NGHTTP2_PROTOCOL_ERROR},
};

INSTANTIATE_TEST_SUITE_P(violations, connection_error, ::testing::ValuesIn(violations),
                         [](const auto& each) { return each.param.name; });

class stream_error : public session_input, public ::testing::WithParamInterface<violation> {};

TEST_P(stream_error, costs_the_one_stream) {
  expect_stream_error(GetParam().bytes, GetParam().code);
}

std::string answer(const std::string& block) {
  return frame(NGHTTP2_HEADERS, end_headers | end_stream, 1, block);
}

std::string with_body(const std::string& block, const std::string& body) {
  return frame(NGHTTP2_HEADERS, end_headers, 1, block) + frame(NGHTTP2_DATA, end_stream, 1, body);
}

const std::vector<violation> malformed{
    {"no_status", answer(field("a", "b")), NGHTTP2_PROTOCOL_ERROR},
    {"status_late", answer(field("a", "b") + status_200), NGHTTP2_PROTOCOL_ERROR},
    {"status_twice", answer(status_200 + status_200), NGHTTP2_PROTOCOL_ERROR},
    {"status_of_two_digits", answer(status("20")), NGHTTP2_PROTOCOL_ERROR},
    {"status_of_four_digits", answer(status("2000")), NGHTTP2_PROTOCOL_ERROR},
    {"status_negative", answer(status("-20")), NGHTTP2_PROTOCOL_ERROR},
    {"status_below_100", answer(status("099")), NGHTTP2_PROTOCOL_ERROR},
    {"switching_protocols", answer(status("101")), NGHTTP2_PROTOCOL_ERROR},
    {"request_pseudo_header", answer(status_200 + "\x83"), NGHTTP2_PROTOCOL_ERROR},
    {"unknown_pseudo_header", answer(status_200 + field(":x", "y")), NGHTTP2_PROTOCOL_ERROR},
    {"upper_case_name", answer(status_200 + field("Retry-After", "1")), NGHTTP2_PROTOCOL_ERROR},
    {"connection_header", answer(status_200 + field("connection", "close")), NGHTTP2_PROTOCOL_ERROR},
    {"transfer_encoding", answer(status_200 + field("transfer-encoding", "chunked")), NGHTTP2_PROTOCOL_ERROR},
    {"upgrade", answer(status_200 + field("upgrade", "h2c")), NGHTTP2_PROTOCOL_ERROR},
    {"keep_alive", answer(status_200 + field("keep-alive", "1")), NGHTTP2_PROTOCOL_ERROR},
    {"proxy_connection", answer(status_200 + field("proxy-connection", "1")), NGHTTP2_PROTOCOL_ERROR},
    {"final_informational", answer(status("100")), NGHTTP2_PROTOCOL_ERROR},
    {"length_longer", with_body(status_200 + field("content-length", "3"), "xx"), NGHTTP2_PROTOCOL_ERROR},
    {"length_shorter", with_body(status_200 + field("content-length", "1"), "xx"), NGHTTP2_PROTOCOL_ERROR},
    {"length_twice", answer(status_200 + field("content-length", "0") + field("content-length", "0")),
     NGHTTP2_PROTOCOL_ERROR},
    {"length_no_number", answer(status_200 + field("content-length", "0x")), NGHTTP2_PROTOCOL_ERROR},
    {"length_overflow", answer(status_200 + field("content-length", "18446744073709551616")),
     NGHTTP2_PROTOCOL_ERROR},
    {"trailers_without_end",
     frame(NGHTTP2_HEADERS, end_headers, 1, status_200) +
         frame(NGHTTP2_HEADERS, end_headers, 1, field("a", "b")),
     NGHTTP2_PROTOCOL_ERROR},
    {"trailers_with_status", frame(NGHTTP2_HEADERS, end_headers, 1, status_200) + answer(status_200),
     NGHTTP2_PROTOCOL_ERROR},
    {"window_update_by_nothing", frame(NGHTTP2_WINDOW_UPDATE, 0, 1, bytes4(0)), NGHTTP2_PROTOCOL_ERROR},
    {"window_overflow", frame(NGHTTP2_WINDOW_UPDATE, 0, 1, bytes4(0x7fff'ffff)), NGHTTP2_FLOW_CONTROL_ERROR},
};

INSTANTIATE_TEST_SUITE_P(malformed, stream_error, ::testing::ValuesIn(malformed),
                         [](const auto& each) { return each.param.name; });

TEST_F(session_input, well_formed_oddities_are_taken) {
  const std::string block = status("299") + field("server", "x") + field("content-length", "2");
  expect_answered(frame(NGHTTP2_HEADERS, 0, 1, block.substr(0, 7)) + frame(NGHTTP2_CONTINUATION, 0, 1, "") +
                  frame(NGHTTP2_CONTINUATION, 0, 1, block.substr(7, 9)) +
                  frame(NGHTTP2_CONTINUATION, end_headers, 1, block.substr(16)) +
                  frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, std::string("\x02h\0\0", 4)) +
                  frame(200, 0xff, 1, "a type to be invented") +
                  frame(NGHTTP2_PRIORITY, 0, 1, std::string(5, '\0')) + frame(NGHTTP2_DATA, 0, 1, "i") +
                  frame(NGHTTP2_HEADERS, end_headers | end_stream, 1, field("grpc", "0")));
  EXPECT_EQ(open_->status, 299);
  EXPECT_EQ(open_->answer, "hi");
}

TEST_F(session_input, headers_with_padding_and_priority_are_read) {
  expect_answered(frame(NGHTTP2_HEADERS,
                        end_headers | end_stream | NGHTTP2_FLAG_PADDED | NGHTTP2_FLAG_PRIORITY, 1,
                        std::string("\x02\0\0\0\0\x10\x88\0\0", 9)));
  EXPECT_EQ(open_->status, 200);
}

TEST_F(session_input, not_modified_may_name_a_length_without_a_body) {
  expect_answered(answer("\x8b" + field("content-length", "77")));
  EXPECT_EQ(open_->status, 304);
}

TEST_F(session_input, unusable_value_of_a_field_does_not_cost_the_answer) {
  expect_answered(answer(status_200 + field("retry-after", "1\r\n2") + field("apns-id", "good")));
  EXPECT_EQ(open_->retry_after, "");
  EXPECT_EQ(open_->apns_id, "good");
}

TEST_F(session_input, frames_for_a_stream_given_up_are_passed_over) {
  expect_ignored(frame(NGHTTP2_HEADERS, end_headers, 3, status_200) + frame(NGHTTP2_DATA, 0, 3, "late") +
                 frame(NGHTTP2_WINDOW_UPDATE, 0, 3, bytes4(1)) + frame(NGHTTP2_DATA, end_stream, 3, "") +
                 frame(NGHTTP2_RST_STREAM, 0, 3, bytes4(0)));
}

TEST_F(session_input, block_of_a_stream_given_up_still_moves_the_table) {
  // retry-after: 9 enters the peer's table with the cancelled stream, and is named by its index in the next.
  expect_ignored(frame(NGHTTP2_HEADERS, end_headers | end_stream, 3,
                       status_200 + "\x75\x01"
                                    "9"));
  expect_answered(answer(status("503") + "\xbe"));
  EXPECT_EQ(open_->retry_after, "9");
}

TEST_F(session_input, cancel_between_two_pieces_of_a_block_is_survived) {
  receive(frame(NGHTTP2_HEADERS, end_stream, 1, status_200));
  client.cancel(*open_);
  receive(frame(NGHTTP2_CONTINUATION, end_headers, 1, field("apns-id", "x")));
  EXPECT_TRUE(ended().empty());
  EXPECT_EQ(client.open(), 0U);
  EXPECT_FALSE(client.closing());
}

TEST_F(session_input, foreign_ping_ack_proves_nothing) {
  client.ping();
  receive(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "notmine!"));
  EXPECT_FALSE(client.take_ping_ack());
}

TEST_F(session_input, streams_above_goaway_come_back_the_youngest_first) {
  const auto& second = sent();
  const auto& third = sent();
  receive(frame(NGHTTP2_GOAWAY, 0, 0, bytes4(1) + bytes4(0)));
  EXPECT_THAT(ended(),
              ElementsAre(Pair(&third, stream_end::unprocessed), Pair(&second, stream_end::unprocessed)));
}

TEST_F(session_input, nothing_is_heard_after_the_connections_end) {
  receive(frame(NGHTTP2_DATA, 0, 5, "x"));
  receive(answer(status_200));
  EXPECT_TRUE(ended().empty());
}

}  // namespace
}  // namespace dispatch::http2::test
