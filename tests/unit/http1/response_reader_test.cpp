#include "transport/http1/response_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch::http1 {
namespace {

using step = response_reader::step;

struct got {
  step end = step::more;
  response answer;
  std::string rest;
  std::string detail;
};

got read(std::string_view bytes, response_limits limits = {}, bool closed = false) {
  response_reader reader(limits);
  got out;
  out.end = reader.read(bytes);
  if (closed && out.end == step::more) out.end = reader.peer_closed();
  out.rest = bytes;
  out.detail = reader.detail();
  if (out.end == step::done) out.answer = reader.take();
  return out;
}

TEST(response_reader, reads_a_sized_answer_and_leaves_what_follows) {
  const auto it = read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-A:  b c \r\n\r\nabcHTTP");
  EXPECT_EQ(it.end, step::done);
  EXPECT_EQ(it.answer.status, 200);
  EXPECT_EQ(it.answer.body, "abc");
  EXPECT_EQ(it.answer.header("x-a"), "b c");
  EXPECT_TRUE(it.answer.reusable);
  EXPECT_EQ(it.rest, "HTTP");
}

TEST(response_reader, reads_a_chunked_answer) {
  const auto it =
      read("HTTP/1.1 500 Oh no\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  EXPECT_EQ(it.end, step::done);
  EXPECT_EQ(it.answer.status, 500);
  EXPECT_EQ(it.answer.body, "abc");
  EXPECT_TRUE(it.answer.reusable);
}

TEST(response_reader, body_without_a_length_ends_with_the_connection) {
  const std::string bytes = "HTTP/1.1 200 OK\r\n\r\nabc";
  EXPECT_EQ(read(bytes).end, step::more);
  const auto it = read(bytes, {}, true);
  EXPECT_EQ(it.end, step::done);
  EXPECT_EQ(it.answer.body, "abc");
  EXPECT_FALSE(it.answer.reusable);
}

TEST(response_reader, answers_without_a_body_end_with_their_head) {
  for (const char* status : {"204", "304"}) {
    const auto it = read("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 5\r\n\r\nnext");
    EXPECT_EQ(it.end, step::done);
    EXPECT_EQ(it.answer.body, "");
    EXPECT_EQ(it.rest, "next");
    EXPECT_TRUE(it.answer.reusable);
  }
}

TEST(response_reader, informational_answers_are_skipped) {
  const auto it = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(it.end, step::done);
  EXPECT_EQ(it.answer.status, 200);
  EXPECT_EQ(it.answer.header("link"), "");
}

TEST(response_reader, says_when_the_connection_cannot_be_used_again) {
  const auto reusable = [](const std::string& head) {
    const auto it = read(head + "\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(it.end, step::done) << head;
    return it.answer.reusable;
  };
  EXPECT_TRUE(reusable("HTTP/1.1 200 OK"));
  EXPECT_FALSE(reusable("HTTP/1.1 200 OK\r\nConnection: close"));
  EXPECT_FALSE(reusable("HTTP/1.1 200 OK\r\nConnection: foo, Close"));
  EXPECT_FALSE(reusable("HTTP/1.0 200 OK"));
  EXPECT_TRUE(reusable("HTTP/1.0 200 OK\r\nConnection: Keep-Alive"));
}

TEST(response_reader, body_over_the_limit_is_cut_and_ends_the_connection) {
  response_limits limits;
  limits.body = 4;
  for (const std::string head :
       {"Content-Length: 6\r\n\r\nabcdef", "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n",
        "\r\nabcdef"}) {
    const auto it = read("HTTP/1.1 400 Bad\r\n" + head, limits);
    EXPECT_EQ(it.end, step::done) << head;
    EXPECT_EQ(it.answer.status, 400);
    EXPECT_EQ(it.answer.body, "abcd");
    EXPECT_FALSE(it.answer.reusable);
  }
}

TEST(response_reader, comes_to_the_same_one_byte_at_a_time) {
  const std::string all =
      "HTTP/1.1 103 \r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
  response_reader reader;
  std::string kept;
  auto end = step::more;
  for (const char c : all) {
    ASSERT_EQ(end, step::more);
    kept += c;
    std::string_view bytes = kept;
    end = reader.read(bytes);
    kept = std::string(bytes);
  }
  ASSERT_EQ(end, step::done);
  EXPECT_EQ(reader.take().body, "a");
}

TEST(response_reader, reads_one_answer_after_the_other) {
  std::string_view bytes =
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 201 OK\r\nContent-Length: 1\r\n\r\nb";
  response_reader reader;
  ASSERT_EQ(reader.read(bytes), step::done);
  EXPECT_EQ(reader.take().body, "a");
  ASSERT_EQ(reader.read(bytes), step::done);
  const auto second = reader.take();
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(second.headers.size(), 1U);
}

TEST(response_reader, answer_cut_off_is_malformed) {
  for (const char* bytes :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab"})
    EXPECT_EQ(read(bytes, {}, true).end, step::malformed) << bytes;
}

class malformed : public ::testing::TestWithParam<std::string> {};

TEST_P(malformed, head) {
  const auto it = read(GetParam());
  EXPECT_EQ(it.end, step::malformed);
  EXPECT_NE(it.detail, "");
}

INSTANTIATE_TEST_SUITE_P(
    , malformed,
    ::testing::Values("\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n",
                      "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
                      "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 200 O\x01K\r\n\r\n", "HTTP/1.1 200 OK\n\n",
                      "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nA: b\x7f\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));

TEST(response_reader, heads_without_end_are_refused) {
  response_limits limits;
  limits.head = 100;
  limits.headers = 3;
  limits.informational = 2;
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nA: " + std::string(100, 'b'), limits).end, step::malformed);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\na:\r\nb:\r\nc:\r\nd:\r\n\r\n", limits).end, step::malformed);
  const std::string informational = "HTTP/1.1 103 \r\n\r\n";
  EXPECT_EQ(read(informational + informational, limits).end, step::more);
  EXPECT_EQ(read(informational + informational + informational, limits).end, step::malformed);
}

}  // namespace
}  // namespace dispatch::http1
