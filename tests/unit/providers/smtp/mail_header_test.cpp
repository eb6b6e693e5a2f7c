#include "transport/providers/smtp/mail_header.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace dispatch {
namespace {

std::string text_header(std::string_view text, std::string_view name = "Subject") {
  std::string out;
  append_text_header(out, name, text);
  return out;
}

std::string mailbox_header(const std::string& name, const std::string& address = "a@b.example") {
  std::string out;
  append_mailbox_header(out, "From", {name, address});
  return out;
}

void expect_short_lines(const std::string& header) {
  std::string_view rest = header;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    ASSERT_NE(end, std::string_view::npos);
    EXPECT_LE(end, 76U) << header;
    rest.remove_prefix(end + 2);
    EXPECT_TRUE(rest.empty() || rest.front() == ' ') << header;
  }
}

TEST(mail_header, short_ascii_stays_as_it_is) {
  EXPECT_EQ(text_header("Hi Ada"), "Subject: Hi Ada\r\n");
}

TEST(mail_header, beyond_ascii_becomes_an_encoded_word) {
  EXPECT_EQ(text_header("Gr\xc3\xbc\xc3\x9f"
                        "e"),
            "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n");
}

TEST(mail_header, what_folding_or_decoding_would_change_is_encoded) {
  for (const auto* text : {" a", "a ", "a  b", "=?UTF-8?B?R3I=?="})
    EXPECT_EQ(text_header(text).substr(0, 19), "Subject: =?UTF-8?B?") << text;
}

TEST(mail_header, long_text_is_folded_at_its_blanks) {
  std::string text;
  for (int i = 0; i < 40; ++i) text.append(i == 0 ? "word" : " word");
  const auto header = text_header(text);
  expect_short_lines(header);
  std::string unfolded = header.substr(9, header.size() - 11);
  for (auto at = unfolded.find("\r\n"); at != std::string::npos; at = unfolded.find("\r\n"))
    unfolded.erase(at, 2);
  EXPECT_EQ(unfolded, text);
}

TEST(mail_header, a_word_too_long_for_a_line_is_encoded) {
  const auto header = text_header(std::string(500, 'a'));
  expect_short_lines(header);
  EXPECT_NE(header.find("=?UTF-8?B?"), std::string::npos);
}

TEST(mail_header, no_character_is_cut_in_two) {
  std::string text;
  for (int i = 0; i < 60; ++i) text.append(i % 2 ? "\xe2\x82\xac" : "\xf0\x9f\x98\x80");
  for (const auto* name :
       {"Subject", "X-A", "X-Rather-Long-Name-Of-A-Header-That-Leaves-Hardly-Any-Room-Here-AB"}) {
    const auto header = text_header(text, name);
    expect_short_lines(header);
    // Base64 of whole characters: 4 and 3 bytes in turn.
    for (auto at = header.find("?B?"); at != std::string::npos; at = header.find("?B?", at + 3)) {
      const auto first = header.substr(at + 3, 2);
      EXPECT_TRUE(first == "8J" || first == "4o") << header;
    }
  }
}

TEST(mail_header, names_are_quoted_where_they_must_be) {
  EXPECT_EQ(mailbox_header(""), "From: a@b.example\r\n");
  EXPECT_EQ(mailbox_header("Duru Notes"), "From: Duru Notes <a@b.example>\r\n");
  EXPECT_EQ(mailbox_header("Notes, Inc."), "From: \"Notes, Inc.\" <a@b.example>\r\n");
  EXPECT_EQ(mailbox_header("the \"app\" \\"), "From: \"the \\\"app\\\" \\\\\" <a@b.example>\r\n");
  EXPECT_EQ(mailbox_header("Gr\xc3\xbc\xc3\x9f"
                           "e"),
            "From: =?UTF-8?B?R3LDvMOfZQ==?= <a@b.example>\r\n");
  expect_short_lines(mailbox_header(std::string(60, 'x'), "somebody@mail.example.com"));
}

TEST(mail_header, control_characters_are_refused) {
  EXPECT_TRUE(is_header_text("a b"));
  EXPECT_TRUE(is_header_text(""));
  for (const auto* text : {"a\r\nBcc: c@d", "a\nb", "a\rb", "a\tb", "a\x7f"})
    EXPECT_FALSE(is_header_text(text)) << text;
  EXPECT_FALSE(is_header_text(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_header_text(std::string(max_header_text_bytes + 1, 'a')));
}

TEST(mail_header, dates_are_those_of_rfc_5322) {
  EXPECT_EQ(mail_date(epoch_ms{0}), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(mail_date(epoch_ms{1'795'435'200'999}), "Mon, 23 Nov 2026 12:00:00 +0000");
}

}  // namespace
}  // namespace dispatch
