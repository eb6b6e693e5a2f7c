#include "transport/http/request_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace dispatch {
namespace {

using step = request_reader::step;

struct reading {
  std::vector<http_request> requests;
  int refused = 0;
  std::string rest;
};

/// All of it, in pieces of that many bytes.
reading read(const std::string& all, std::size_t piece = std::string::npos, reader_limits limits = {}) {
  request_reader reader(limits);
  reading out;
  std::string kept;
  for (std::size_t at = 0; at < all.size() && out.refused == 0; at += std::min(piece, all.size() - at)) {
    kept += all.substr(at, piece);
    std::string_view bytes = kept;
    for (auto what = step::done; what != step::more && out.refused == 0;) {
      what = reader.read(bytes);
      if (what == step::done) out.requests.push_back(reader.take());
      if (what == step::refused) out.refused = reader.status();
    }
    kept = std::string(bytes);
  }
  out.rest = kept;
  return out;
}

int refusal(const std::string& bytes, reader_limits limits = {}) {
  const auto whole = read(bytes, std::string::npos, limits).refused;
  EXPECT_EQ(whole, read(bytes, 1, limits).refused) << "depends on how the bytes come in: " << bytes;
  return whole;
}

TEST(request_reader, reads_requests_one_behind_the_other) {
  const std::string all =
      "POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Name:  Value \r\nContent-Length: 5\r\n\r\nhello"
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::string::npos}) {
    const auto got = read(all, piece);
    EXPECT_EQ(got.refused, 0);
    ASSERT_EQ(got.requests.size(), 3u);
    EXPECT_EQ(got.requests[0].method, "POST");
    EXPECT_EQ(got.requests[0].target, "/a?b=c");
    EXPECT_EQ(got.requests[0].header("x-name"), "Value");
    EXPECT_EQ(got.requests[0].body, "hello");
    EXPECT_EQ(got.requests[1].body, "abc");
    EXPECT_EQ(got.requests[2].body, "");
    EXPECT_EQ(got.requests[2].headers.size(), 1u);
  }
}

TEST(request_reader, what_two_readers_could_see_differently_is_400) {
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n", post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::vector<std::string> doubtful{
      post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
      post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      post + "Content-Length: 5, 5\r\n\r\nhello",
      post + "Content-Length: +5\r\n\r\nhello",
      post + "Content-Length: 0x5\r\n\r\nhello",
      post + "Content-Length: 5 5\r\n\r\nhello",
      post + "Content-Length:\r\n\r\n",
      post + "Content-Length: 99999999999999999999999\r\n\r\n",
      post + "Transfer-Encoding: gzip, chunked\r\n\r\n",
      post + "Transfer-Encoding: chunked, identity\r\n\r\n",
      post + "Transfer-Encoding: xchunked\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      post + "Transfer-Encoding : chunked\r\n\r\n",
      "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
      post + "X: a\r\n folded\r\n\r\n",
      post + "X: a\r\n\tfolded\r\n\r\n",
      get + "X: a\n\r\n",
      "GET / HTTP/1.1\nHost: x\n\n",
      get + std::string("X: a\0b\r\n\r\n", 10),
      get + "X: a\rb\r\n\r\n",
      get + "no colon\r\n\r\n",
      get + ": empty\r\n\r\n",
      get + "Sp ace: x\r\n\r\n",
      get + "Host: y\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
      "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
      "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\x16\x03\x01\x02",
      "G\xffT / HTTP/1.1\r\nHost: x\r\n\r\n"};
  for (const auto& bytes : doubtful) EXPECT_EQ(refusal(bytes), 400) << bytes;
}

TEST(request_reader, other_versions_are_505_and_other_expectations_417) {
  EXPECT_EQ(refusal("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(refusal("GET / HTTX/1.1\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n"), 417);
}

TEST(request_reader, counts_head_headers_and_body_while_they_come) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(refusal(head + "X: " + std::string(20'000, 'x')), 431);
  EXPECT_EQ(refusal("GET /" + std::string(20'000, 'x')), 431);
  std::string many = head;
  for (int at = 0; at < 100; ++at) many += "A: b\r\n";
  EXPECT_EQ(refusal(many + "\r\n"), 431);
  const reader_limits small{1'000, 10, 10};
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(refusal(post + "Content-Length: 11\r\n\r\n", small), 413);
  EXPECT_EQ(refusal(post + "Content-Length: 18446744073709551615\r\n\r\n", small), 413);
  EXPECT_EQ(refusal(post + "Transfer-Encoding: chunked\r\n\r\nb\r\n", small), 413);
  EXPECT_EQ(refusal(post + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n", small), 413);
  EXPECT_EQ(refusal(post + "Content-Length: 10\r\n\r\n0123456789", small), 0);
}

TEST(request_reader, a_trailer_is_no_header) {
  const auto got = read(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Bearer "
      "k\r\n\r\n");
  ASSERT_EQ(got.requests.size(), 1u);
  EXPECT_EQ(got.requests[0].header("authorization"), "");
}

TEST(request_reader, says_when_the_client_waits_and_whether_it_stays) {
  request_reader reader({});
  std::string_view bytes =
      "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(reader.read(bytes), step::head);
  EXPECT_TRUE(reader.expects_continue());
  EXPECT_TRUE(reader.in_body());
  EXPECT_FALSE(reader.form().keep_alive);
  bytes = "ok";
  EXPECT_EQ(reader.read(bytes), step::done);
  EXPECT_EQ(reader.take().body, "ok");
  EXPECT_FALSE(reader.expects_continue());
}

TEST(request_reader, whatever_comes_in_pieces_means_the_same) {
  std::mt19937 random(20'261'123);
  const std::string seed =
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nT: 1\r\n\r\n"
      "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  for (int round = 0; round < 3'000; ++round) {
    auto bytes = seed;
    for (int change = 0; change < 2; ++change)
      bytes[random() % bytes.size()] = "\r\n\t :;,0159aZ\0\x7f\xff"[random() % 17];
    const auto whole = read(bytes), pieces = read(bytes, 1 + random() % 9);
    ASSERT_EQ(whole.refused, pieces.refused) << bytes;
    ASSERT_EQ(whole.requests.size(), pieces.requests.size()) << bytes;
    for (std::size_t at = 0; at < whole.requests.size(); ++at)
      ASSERT_EQ(whole.requests[at].body, pieces.requests[at].body) << bytes;
  }
}

}  // namespace
}  // namespace dispatch
