#include <gtest/gtest.h>

#include <string>

#include "transport/smtp/client_session.hpp"

namespace dispatch::smtp {
namespace {

std::string stuffed(std::string_view message) {
  std::string out;
  append_dot_stuffed(out, message);
  return out;
}

TEST(smtp_message, leading_dots_are_doubled) {
  EXPECT_EQ(stuffed("a\r\n"), "a\r\n.\r\n");
  EXPECT_EQ(stuffed(".\r\n"), "..\r\n.\r\n");
  EXPECT_EQ(stuffed("..a\r\nb.\r\n.c\r\n"), "...a\r\nb.\r\n..c\r\n.\r\n");
  EXPECT_EQ(stuffed("\r\n\r\n.\r\n"), "\r\n\r\n..\r\n.\r\n");
}

TEST(smtp_message, no_end_of_data_can_come_before_its_end) {
  const std::string message = "a\r\n.\r\nMAIL FROM:<evil@example.com>\r\n.\r\n";
  const auto sent = stuffed(message);
  EXPECT_EQ(sent.find("\r\n.\r\n"), sent.size() - 5);
}

TEST(smtp_message, is_clean_when_only_crlf_ends_lines) {
  EXPECT_TRUE(is_clean_message("a: b\r\n\r\ntext\r\n"));
  EXPECT_TRUE(is_clean_message("\r\n"));
  EXPECT_TRUE(is_clean_message("gr\xc3\xbc\xc3\x9f\r\n"));
  for (const auto* text : {"", "a", "a\n", "a\r", "a\r\nb", "a\n.\n\r\n", "a\r.\r\r\n", "a\r\n.\n\r\n",
                           "\n\r\n", "\r\r\n", "a\r\n\n\r\n", "a\r\n.\r\n\r"})
    EXPECT_FALSE(is_clean_message(text)) << text;
  EXPECT_FALSE(is_clean_message(std::string("a\0b\r\n", 5)));
}

}  // namespace
}  // namespace dispatch::smtp
