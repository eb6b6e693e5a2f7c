#include "transport/providers/smtp/mail_body.hpp"

#include <gtest/gtest.h>

#include "transport/crypto/base64.hpp"
#include "transport/smtp/client_session.hpp"

namespace dispatch {
namespace {

constexpr std::string_view quoted_head =
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
constexpr std::string_view base64_head =
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";

std::string part(std::string_view text) {
  std::string out;
  append_text_part(out, "plain", text);
  EXPECT_TRUE(smtp::is_clean_message(out));
  std::string_view rest = out;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    EXPECT_LE(end, 76U);
    rest.remove_prefix(end + 2);
  }
  for (const char c : out) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  return out;
}

std::string quoted_text(std::string_view text) {
  const auto out = part(text);
  EXPECT_EQ(out.substr(0, quoted_head.size()), quoted_head);
  return out.substr(std::min(quoted_head.size(), out.size()));
}

TEST(mail_body, ascii_reads_as_it_is) {
  EXPECT_EQ(quoted_text("Hi Ada,\nall is well.\n"), "Hi Ada,\r\nall is well.\r\n");
  EXPECT_EQ(quoted_text("no end"), "no end\r\n");
  EXPECT_EQ(quoted_text(""), "");
}

TEST(mail_body, every_kind_of_line_end_becomes_crlf) {
  EXPECT_EQ(quoted_text("a\r\nb\rc\nd\n\ne"), "a\r\nb\r\nc\r\nd\r\n\r\ne\r\n");
}

TEST(mail_body, what_would_end_the_message_somewhere_cannot_stand_in_it) {
  // The dots are doubled on the wire, and bare line ends are gone.
  EXPECT_EQ(quoted_text("a\r\n.\r\nb"), "a\r\n.\r\nb\r\n");
  EXPECT_EQ(quoted_text("a\n.\nb"), "a\r\n.\r\nb\r\n");
  EXPECT_EQ(quoted_text("a\r.\rb"), "a\r\n.\r\nb\r\n");
  EXPECT_EQ(quoted_text("a\r\n.\rb"), "a\r\n.\r\nb\r\n");
  EXPECT_EQ(quoted_text(std::string_view("a\0b", 3)), "a=00b\r\n");
}

TEST(mail_body, signs_of_the_encoding_and_blanks_at_an_end_are_encoded) {
  EXPECT_EQ(quoted_text("1+1=2"), "1+1=3D2\r\n");
  EXPECT_EQ(quoted_text("a \nb\t\n"), "a=20\r\nb=09\r\n");
}

TEST(mail_body, long_lines_are_broken_softly) {
  EXPECT_EQ(quoted_text(std::string(76, 'a')), std::string(76, 'a') + "\r\n");
  EXPECT_EQ(quoted_text(std::string(77, 'a')), std::string(75, 'a') + "=\r\naa\r\n");
  const auto encoded = quoted_text(std::string(50, '='));
  EXPECT_EQ(encoded.find("=\r\n"), 75U) << "no =XX is cut in two";
}

TEST(mail_body, much_beyond_ascii_goes_as_base64) {
  const auto out = part("\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\n");
  ASSERT_EQ(out.substr(0, base64_head.size()), base64_head);
  EXPECT_EQ(base64_decode(out.substr(base64_head.size(), out.size() - base64_head.size() - 2)),
            "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\r\n");
  std::string text;
  for (int i = 0; i < 500; ++i) text.append("\xe2\x82\xac");
  part(text);
}

TEST(mail_body, little_beyond_ascii_stays_readable) {
  EXPECT_EQ(quoted_text("Gr\xc3\xbc\xc3\x9f"
                        "e aus der sch\xc3\xb6nen weiten Welt, Ada"),
            "Gr=C3=BC=C3=9Fe aus der sch=C3=B6nen weiten Welt, Ada\r\n");
}

}  // namespace
}  // namespace dispatch
