// The encoder against RFC 7541's own examples (appendix C, those without Huffman coding), and its habits.

#include "transport/http2/hpack_encoder.hpp"

#include <gtest/gtest.h>

#include "tests/support/hpack_peer.hpp"
#include "transport/http2/hpack_static_table.hpp"

namespace dispatch::http2::test {
namespace {

using fields = hpack_peer::fields;

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    for (const int shift : {4, 0}) out += "0123456789abcdef"[(static_cast<unsigned char>(c) >> shift) & 0xf];
  return out;
}

class hpack_encoder_test : public ::testing::Test {
 protected:
  std::string encode(const fields& list, hpack_storing how = hpack_storing::stable) {
    std::string out;
    encoder.begin(out);
    for (const auto& [name, value] : list) encoder.field(out, name, value, how);
    return out;
  }

  /// Encodes, and the peer must understand it.
  std::string exchanged(const fields& list, hpack_storing how) {
    const auto block = encode(list, how);
    EXPECT_EQ(peer.decode(block), list);
    EXPECT_EQ(peer.table_used(), encoder.table().used());
    return block;
  }

  void limit(std::size_t size, std::size_t least) {
    encoder.limit_table(size, least);
    if (least != size) peer.limit_table(least);
    peer.limit_table(size);
  }

  hpack_encoder encoder;
  hpack_peer peer;
};

TEST_F(hpack_encoder_test, c_2_1_literal_field_with_indexing) {
  EXPECT_EQ(hex(encode({{"custom-key", "custom-header"}})),
            "400a637573746f6d2d6b65790d637573746f6d2d686561646572");
  EXPECT_EQ(encoder.table().used(), 55U);
}

TEST_F(hpack_encoder_test, c_2_2_literal_field_without_indexing) {
  EXPECT_EQ(hex(encode({{":path", "/sample/path"}}, hpack_storing::literal)), "040c2f73616d706c652f70617468");
  EXPECT_EQ(encoder.table().used(), 0U);
}

TEST_F(hpack_encoder_test, c_2_4_indexed_field) {
  EXPECT_EQ(hex(encode({{":method", "GET"}})), "82");
}

TEST_F(hpack_encoder_test, c_3_requests) {
  EXPECT_EQ(
      hex(encode(
          {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "www.example.com"}})),
      "828684410f7777772e6578616d706c652e636f6d");
  EXPECT_EQ(hex(encode({{":method", "GET"},
                        {":scheme", "http"},
                        {":path", "/"},
                        {":authority", "www.example.com"},
                        {"cache-control", "no-cache"}})),
            "828684be58086e6f2d6361636865");
  EXPECT_EQ(hex(encode({{":method", "GET"},
                        {":scheme", "https"},
                        {":path", "/index.html"},
                        {":authority", "www.example.com"},
                        {"custom-key", "custom-value"}})),
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565");
  EXPECT_EQ(encoder.table().used(), 164U);
}

TEST_F(hpack_encoder_test, c_5_responses_with_evictions) {
  encoder.limit_table(256, 256);
  EXPECT_EQ(hex(encode({})), "3fe101");
  EXPECT_EQ(
      hex(encode({{":status", "302"},
                  {"cache-control", "private"},
                  {"date", "Mon, 21 Oct 2013 20:13:21 GMT"},
                  {"location", "https://www.example.com"}})),
      "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470"
      "733a2f2f7777772e6578616d706c652e636f6d");
  EXPECT_EQ(encoder.table().used(), 222U);
  EXPECT_EQ(hex(encode({{":status", "307"},
                        {"cache-control", "private"},
                        {"date", "Mon, 21 Oct 2013 20:13:21 GMT"},
                        {"location", "https://www.example.com"}})),
            "4803333037c1c0bf");
  EXPECT_EQ(hex(encode({{":status", "200"},
                        {"cache-control", "private"},
                        {"date", "Mon, 21 Oct 2013 20:13:22 GMT"},
                        {"location", "https://www.example.com"},
                        {"content-encoding", "gzip"},
                        {"set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"}})),
            "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153"
            "444a4b4851"
            "4b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31");
  EXPECT_EQ(encoder.table().used(), 215U);
  EXPECT_EQ(encoder.table().entries(), 3U);
}

TEST_F(hpack_encoder_test, static_table_is_known_by_name_and_by_value) {
  const auto post = find_static(":method", "POST");
  EXPECT_EQ(post.whole, 3U);
  EXPECT_EQ(post.name, 2U);
  EXPECT_EQ(find_static("authorization", "x").name, 23U);
  EXPECT_EQ(find_static("www-authenticate", "").name, 61U);
  EXPECT_EQ(find_static("apns-id", "x").name, 0U);
  EXPECT_EQ(find_static(std::string(100, 'n'), "x").name, 0U);
}

TEST_F(hpack_encoder_test, integers_past_the_prefix_go_on_in_further_bytes) {
  encoder.limit_table(1'337, 1'337);  // RFC 7541 C.1.2
  EXPECT_EQ(hex(encode({})), "3f9a0a");
}

TEST_F(hpack_encoder_test, adaptive_field_enters_for_its_name_and_then_when_it_repeats) {
  const auto adaptive = hpack_storing::adaptive;
  exchanged({{"apns-id", "first"}}, adaptive);
  EXPECT_EQ(encoder.table().entries(), 1U);
  // The name as an index of two bytes, then the value in clear.
  EXPECT_EQ(exchanged({{"apns-id", "second"}}, adaptive).size(), 2U + 1 + 6);
  EXPECT_EQ(encoder.table().entries(), 1U);
  exchanged({{"apns-id", "second"}}, adaptive);
  EXPECT_EQ(encoder.table().entries(), 2U);
  EXPECT_EQ(exchanged({{"apns-id", "second"}}, adaptive).size(), 1U);
}

TEST_F(hpack_encoder_test, what_never_repeats_does_not_fill_the_table) {
  for (int i = 0; i < 1'000; ++i)
    exchanged({{"apns-id", "unique-" + std::to_string(i)}, {":path", "/3/device/" + std::to_string(i)}},
              hpack_storing::adaptive);
  EXPECT_EQ(encoder.table().entries(), 1U);
}

TEST_F(hpack_encoder_test, entry_as_large_as_the_table_stays_out) {
  exchanged({{"small", "value"}}, hpack_storing::stable);
  exchanged({{"authorization", std::string(4'000, 'a')}}, hpack_storing::stable);
  EXPECT_EQ(encoder.table().entries(), 1U);
  exchanged({{"authorization", std::string(3'000, 'a')}}, hpack_storing::stable);
  EXPECT_EQ(encoder.table().entries(), 2U);
}

TEST_F(hpack_encoder_test, peer_without_a_table_gets_literals) {
  limit(0, 0);
  EXPECT_EQ(hex(exchanged({{"te", "x"}}, hpack_storing::stable)), "20000274650178");
  EXPECT_EQ(hex(exchanged({{"te", "x"}}, hpack_storing::stable)), "000274650178");
}

TEST_F(hpack_encoder_test, larger_table_than_ours_is_not_used) {
  limit(65'536, 4'096);
  EXPECT_EQ(hex(exchanged({{":method", "POST"}}, hpack_storing::stable)), "83");
}

TEST_F(hpack_encoder_test, smallest_size_in_between_is_said_too) {
  exchanged({{"a", "b"}}, hpack_storing::stable);
  limit(1'000, 100);
  // Both sizes (RFC 7541 4.2); an entry of 34 bytes survives 100.
  EXPECT_EQ(hex(exchanged({{"a", "b"}}, hpack_storing::stable)), "3f453fc907be");
  limit(4'096, 0);
  EXPECT_EQ(hex(exchanged({}, hpack_storing::stable)), "203fe11f");
  EXPECT_EQ(encoder.table().entries(), 0U);
  EXPECT_EQ(hex(exchanged({}, hpack_storing::stable)), "");
}

TEST_F(hpack_encoder_test, version_changes_with_every_entry_and_only_then) {
  const auto before = encoder.version();
  encode({{"a", "b"}});
  const auto after = encoder.version();
  EXPECT_NE(before, after);
  encode({{"a", "b"}, {":method", "POST"}});
  EXPECT_EQ(encoder.version(), after);
}

}  // namespace
}  // namespace dispatch::http2::test
