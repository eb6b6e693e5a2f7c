#include "core/printable.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch {
namespace {

TEST(printable, leaves_what_people_write) {
  for (const std::string text :
       {"", "plain ~text", "größe €", "日本語", "\xf0\x9f\x98\x80 smile", "\xef\xbf\xbd"})
    EXPECT_EQ(printable(text), text);
}

TEST(printable, replaces_every_control_character_in_any_form) {
  for (int code = 0; code < 0x20; ++code) EXPECT_EQ(printable(std::string(1, static_cast<char>(code))), "?");
  EXPECT_EQ(printable("a\x1b[31mb\x7f"), "a?[31mb?");
  // C1 as UTF-8 (CSI is U+009B) and as single bytes, as 8-bit terminals take them.
  for (int code = 0x80; code < 0xa0; ++code) {
    EXPECT_EQ(printable(std::string("\xc2") + static_cast<char>(code)), "?") << code;
    EXPECT_EQ(printable(std::string(1, static_cast<char>(code)) + "31m"), "?31m") << code;
  }
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0") << "no-break space";
}

TEST(printable, replaces_what_is_no_utf8_byte_by_byte) {
  EXPECT_EQ(printable("\xff"), "?");
  EXPECT_EQ(printable("\xc3"), "?") << "cut";
  EXPECT_EQ(printable("\xc0\x9b"), "??") << "overlong";
  EXPECT_EQ(printable("\xe0\x82\x9b"), "???") << "overlong C1";
  EXPECT_EQ(printable("\xed\xa0\x80"), "???") << "surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????") << "beyond Unicode";
  EXPECT_EQ(printable("\xe2\x82x"), "??x");
}

TEST(printable, replaces_what_turns_text_round) {
  for (const std::string text : {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b",
                                 "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"})
    EXPECT_EQ(printable("a" + text + "b"), "a?b");
  EXPECT_EQ(printable("\u2027\u202f\u2065\u206a"), "\u2027\u202f\u2065\u206a");
}

TEST(printable, keeps_lines_where_they_are_wanted) {
  EXPECT_EQ(printable("a\tb\r\nc\n"), "a?b??c?");
  EXPECT_EQ(printable("a\tb\r\nc\n", true), "a\tb?\nc\n");
}

TEST(printable_json, escapes_to_the_same_values) {
  EXPECT_EQ(printable_json("{\"a\":\"gr\u00f6\u00dfe\"}\n"), "{\"a\":\"gr\u00f6\u00dfe\"}\n");
  EXPECT_EQ(printable_json("\"\x7f\u009b\u202e\""), R"("\u007f\u009b\u202e")");
  EXPECT_EQ(printable_json("\"\xff\x9b\""), R"("\ufffd\ufffd")");
}

}  // namespace
}  // namespace dispatch
