#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

/// What a JSON reader makes of the escaped text.
std::string round_trip(std::string_view text) {
  simdjson::dom::parser parser;
  std::string_view back;
  if (parser.parse(simdjson::padded_string("\"" + escaped(text) + "\"")).get_string().get(back))
    return "<not JSON>";
  return std::string(back);
}

TEST(json_escape, leaves_ordinary_text) {
  for (const auto* text : {"", "a", "eight by", "nine byte", "a longer text, with / and ' and \x7f in it",
                           "\xc3\xa7 \xe2\x82\xac \xf0\x9f\x98\x80 and so on"})
    EXPECT_EQ(escaped(text), text);
}

TEST(json_escape, escapes_what_RFC_8259_asks_for) {
  EXPECT_EQ(escaped("\"\\/"), R"(\"\\/)");
  EXPECT_EQ(escaped("\b\f\n\r\t"), R"(\b\f\n\r\t)");
  EXPECT_EQ(escaped(std::string_view("\0\x01\x1f", 3)), R"(\u0000\u0001\u001f)");
}

TEST(json_escape, finds_every_byte_at_every_place) {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t length = 1; length <= 20; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, '~');
        text[at] = static_cast<char>(c);
        ASSERT_EQ(round_trip(text), text) << c << " at " << at << " of " << length;
        text.insert(0, "\xc3\xa7");
        ASSERT_EQ(round_trip(text), text) << c << " after a character of two bytes";
      }
    }
  }
}

TEST(json_escape, replaces_what_is_not_utf8) {
  EXPECT_EQ(escaped("a\xff\"b"), "a\xef\xbf\xbd\\\"b");
  EXPECT_EQ(escaped("\xc3"), "\xef\xbf\xbd");
  EXPECT_EQ(escaped("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(escaped("\xc3\xa7\xed\xa0\x80"), "\xc3\xa7\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
  EXPECT_EQ(escaped("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd") << "an overlong form";
}

TEST(json_escape, appends) {
  std::string out = "x";
  append_json_escaped(out, "\n");
  append_json_escaped(out, "y");
  EXPECT_EQ(out, "x\\ny");
}

}  // namespace
}  // namespace dispatch
