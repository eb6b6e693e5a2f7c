#include "transport/http/chunk_decoder.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using result = chunk_decoder::result;

struct decoded {
  result end;
  std::string body, rest;
};

decoded decode(std::string_view bytes, std::size_t limit = 100) {
  chunk_decoder decoder;
  decoded out{};
  out.end = decoder.read(bytes, out.body, limit);
  out.rest = bytes;
  return out;
}

TEST(chunk_decoder, puts_chunks_together_and_leaves_what_follows) {
  const auto got = decode("3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\n\r\nGET /");
  EXPECT_EQ(got.end, result::done);
  EXPECT_EQ(got.body, "abc0123456789");
  EXPECT_EQ(got.rest, "GET /");
}

TEST(chunk_decoder, takes_its_bytes_one_at_a_time) {
  const std::string all = "3\r\nabc\r\n2;x\r\nde\r\n0\r\nTrailer: 1\r\n\r\n";
  chunk_decoder decoder;
  std::string body, kept;
  auto end = result::more;
  for (const char c : all) {
    ASSERT_EQ(end, result::more);
    kept += c;
    std::string_view bytes = kept;
    end = decoder.read(bytes, body, 100);
    kept = std::string(bytes);
  }
  EXPECT_EQ(end, result::done);
  EXPECT_EQ(body, "abcde");
}

TEST(chunk_decoder, refuses_every_other_way_of_writing_a_size) {
  for (const auto* bytes :
       {"", "\r\n", " 3\r\nabc\r\n", "3 \r\nabc\r\n", "0x3\r\nabc\r\n", "+3\r\nabc\r\n", "-3\r\n", "3\nabc\n",
        "3\rabc\r\n", "g\r\n", "3;a\nb\r\n", "3\r\nabcd\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc0\r\n\r\n",
        "0\r\nno colon\r\n\r\n", "0\r\n folded: x\r\n\r\n"}) {
    const auto got = decode(bytes);
    EXPECT_EQ(got.end, std::string_view(bytes).empty() ? result::more : result::malformed) << bytes;
  }
}

TEST(chunk_decoder, a_size_beyond_the_limit_is_refused_before_its_data) {
  EXPECT_EQ(decode("65\r\n").end, result::too_large);
  EXPECT_EQ(decode("60\r\n" + std::string(0x60, 'x') + "\r\n5\r\n").end, result::too_large);
  EXPECT_EQ(decode("ffffffffffffffffffff\r\n").end, result::too_large);
  EXPECT_EQ(decode("64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n").end, result::done);
}

TEST(chunk_decoder, lines_and_trailers_have_an_end) {
  EXPECT_EQ(decode("3;" + std::string(300, 'x')).end, result::malformed);
  std::string trailers = "0\r\n";
  for (int at = 0; at < 100; ++at) trailers += "Trailer: " + std::string(100, 'x') + "\r\n";
  EXPECT_EQ(decode(trailers).end, result::malformed);
}

}  // namespace
}  // namespace dispatch
