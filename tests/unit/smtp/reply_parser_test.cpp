#include "transport/smtp/reply_parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dispatch::smtp {
namespace {

using progress = reply_parser::progress;

struct parsed {
  std::vector<reply> replies;
  std::string error;
};

parsed parse(std::string_view bytes, std::size_t step = std::string::npos) {
  parsed out;
  reply_parser parser;
  while (!bytes.empty() && out.error.empty()) {
    auto piece = bytes.substr(0, std::min(step, bytes.size()));
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      reply one;
      const auto how = parser.read(piece, one);
      if (how == progress::complete) out.replies.push_back(one);
      if (how == progress::broken) {
        out.error = parser.error();
        break;
      }
    }
  }
  return out;
}

TEST(smtp_reply, one_line) {
  const auto got = parse("250 2.1.0 Ok\r\n");
  ASSERT_EQ(got.replies.size(), 1U);
  EXPECT_EQ(got.replies[0].code, 250);
  EXPECT_EQ(got.replies[0].text, "2.1.0 Ok");
}

TEST(smtp_reply, lines_are_joined_and_the_code_may_stand_alone) {
  const auto got = parse("250-mail.example.com\r\n250-SIZE 100\r\n250 HELP\r\n220\r\n");
  ASSERT_EQ(got.replies.size(), 2U);
  EXPECT_EQ(got.replies[0].text, "mail.example.com\nSIZE 100\nHELP");
  EXPECT_EQ(got.replies[1].code, 220);
  EXPECT_EQ(got.replies[1].text, "");
}

TEST(smtp_reply, may_come_byte_by_byte) {
  const std::string bytes = "250-a\r\n250 b\r\n354 go\r\n550 5.1.1 no\r\n";
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    const auto got = parse(bytes, step);
    ASSERT_EQ(got.replies.size(), 3U) << step;
    EXPECT_EQ(got.replies[0].text, "a\nb");
    EXPECT_EQ(got.replies[2].code, 550);
  }
}

TEST(smtp_reply, what_is_no_reply_breaks) {
  for (const auto& [bytes, why] :
       std::vector<std::pair<std::string, std::string>>{{"250 ok\n", "bare LF"},
                                                        {"250 o\rk\r\n", "bare CR"},
                                                        {std::string("250 o\0k\r\n", 9), "NUL"},
                                                        {"\r\n", "code"},
                                                        {"25 ok\r\n", "code"},
                                                        {"150 ok\r\n", "code"},
                                                        {"650 ok\r\n", "code"},
                                                        {"2x0 ok\r\n", "code"},
                                                        {"SSH-2.0-OpenSSH_9\r\n", "code"},
                                                        {"2500 ok\r\n", "neither blank nor hyphen"},
                                                        {"250-a\r\n251 b\r\n", "differ"}}) {
    const auto got = parse(bytes);
    EXPECT_TRUE(got.replies.empty()) << bytes;
    EXPECT_NE(got.error.find(why), std::string::npos) << bytes << ": " << got.error;
  }
}

TEST(smtp_reply, a_line_without_an_end_is_given_up_at_the_limit) {
  const auto got = parse("250 " + std::string(reply_parser::max_line_bytes, 'a'), 100);
  EXPECT_NE(got.error.find("line is too long"), std::string::npos) << got.error;
  EXPECT_EQ(parse("250 " + std::string(reply_parser::max_line_bytes - 6, 'a') + "\r\n").replies.size(), 1U);
}

TEST(smtp_reply, lines_without_an_end_are_given_up) {
  std::string bytes;
  for (std::size_t i = 0; i <= reply_parser::max_lines; ++i) bytes.append("250-a\r\n");
  EXPECT_NE(parse(bytes).error.find("too many lines"), std::string::npos);
  bytes.clear();
  for (int i = 0; i < 20; ++i) bytes.append("250-" + std::string(3'000, 'a') + "\r\n");
  EXPECT_NE(parse(bytes).error.find("reply is too long"), std::string::npos);
}

TEST(smtp_reply, stays_broken) {
  reply_parser parser;
  reply out;
  std::string_view bytes = "x\r\n250 ok\r\n";
  EXPECT_EQ(parser.read(bytes, out), progress::broken);
  EXPECT_EQ(parser.read(bytes, out), progress::broken);
}

TEST(smtp_enhanced_status, is_what_the_text_begins_with) {
  EXPECT_EQ(enhanced_status(550, "5.1.1 no such user"), "5.1.1");
  EXPECT_EQ(enhanced_status(550, "5.7.515"), "5.7.515");
  EXPECT_EQ(enhanced_status(550, "5.1.1 a\n5.1.1 b"), "5.1.1");
  EXPECT_EQ(enhanced_status(550, "sorry\n5.1.10 b"), "5.1.10");
  EXPECT_EQ(enhanced_status(450, "4.2.2 full"), "4.2.2");
}

TEST(smtp_enhanced_status, of_another_class_or_form_is_none) {
  for (const auto* text :
       {"", "no such user", "4.1.1 class of another code", "5.1 short", "5.1.1.1 long", "5.1.1x",
        "5.1234.1 x", "5.1.1234 x", " 5.1.1 indented", "3.1.1 x", "5..1 x", "see 5.1.1"})
    EXPECT_EQ(enhanced_status(550, text), "") << text;
}

}  // namespace
}  // namespace dispatch::smtp
