#include "storage/redis/resp.hpp"

#include <gtest/gtest.h>

namespace dispatch::redis {
namespace {

std::string encoded(const command& what) {
  std::string out;
  what.encode(out);
  return out;
}

TEST(resp_command, encodes_arguments_of_any_bytes) {
  EXPECT_EQ(encoded(command("SET", std::string("k\r\n"), 42)),
            "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n42\r\n");
  command empty("GET");
  empty.add("");
  EXPECT_EQ(encoded(empty), "*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
  command both("A");
  both.append(command("B", -1));
  EXPECT_EQ(encoded(both), "*3\r\n$1\r\nA\r\n$1\r\nB\r\n$2\r\n-1\r\n");
  EXPECT_EQ(both.argument_count(), 3U);
}

TEST(resp_reader, reads_every_kind_however_the_bytes_are_cut) {
  const std::string bytes =
      "+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n$3\r\na\r\n\r\n*-1\r\n*0\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    reply_reader reader;
    std::vector<reply> got;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      ASSERT_TRUE(reader.feed(std::string_view(bytes).substr(at, step)));
      while (auto one = reader.next()) got.push_back(std::move(*one));
      ASSERT_FALSE(reader.failed());
    }
    ASSERT_EQ(got.size(), 8U) << step;
    EXPECT_EQ(got[0].as_text(), "OK");
    EXPECT_TRUE(got[1].is_error());
    EXPECT_EQ(got[1].text, "ERR no");
    EXPECT_EQ(got[2].as_integer(), -7);
    EXPECT_TRUE(got[3].is_nil());
    EXPECT_EQ(got[4].text, "a\r\n");
    EXPECT_TRUE(got[5].is_nil());
    EXPECT_TRUE(got[6].is_array());
    EXPECT_EQ(got[7].at(0).as_text(), "x");
    EXPECT_EQ(got[7].at(1).at(0).as_integer(), 1);
    EXPECT_TRUE(got[7].at(9).at(9).is_nil());
  }
}

TEST(resp_reader, gives_up_on_what_is_not_resp2) {
  for (const std::string bytes :
       {"%1\r\n", "HTTP/1.1 400\r\n\r\n", "$99999999999999999999\r\n", "*5000000\r\n", ":x\r\n"}) {
    reply_reader reader;
    reader.feed(bytes);
    EXPECT_FALSE(reader.next()) << bytes;
    EXPECT_TRUE(reader.failed()) << bytes;
    EXPECT_FALSE(reader.error().empty());
  }
}

TEST(resp_reader, bounds_what_a_reply_may_claim_to_hold) {
  reply_reader reader;
  std::string bytes = "*3\r\n";
  for (int i = 0; i < 3; ++i) bytes += "*1000000\r\n";
  reader.feed(bytes);
  EXPECT_FALSE(reader.next());
  reply_reader nested;
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "*1\r\n";
  nested.feed(deep);
  EXPECT_FALSE(nested.next());
  EXPECT_TRUE(nested.failed());
}

TEST(resp_reply, converts_without_surprises) {
  reply text;
  text.type = reply::kind::string;
  text.text = "12x";
  EXPECT_EQ(text.as_integer(5), 5);
  text.text = "12";
  EXPECT_EQ(text.as_integer(), 12);
  EXPECT_EQ(reply().as_integer(3), 3);
  EXPECT_TRUE(reply().field("a").is_nil());
}

}  // namespace
}  // namespace dispatch::redis
