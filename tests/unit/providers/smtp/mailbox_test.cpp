#include "transport/providers/smtp/mailbox.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

TEST(mail_address, what_can_be_sent_to) {
  for (const auto* text : {"ada@example.com", "a.b+c@mail.example.com", "o'brien@example.com", "a@b",
                           "1@2.example", "fail-550-5.1.1+x@example.com",
                           "gr\xc3\xbc\xc3\x9f@stra\xc3\x9f"
                           "e.example"})
    EXPECT_TRUE(is_mail_address(text)) << text;
  EXPECT_TRUE(is_mail_address(std::string(64, 'a') + "@example.com"));
}

TEST(mail_address, what_cannot) {
  for (const auto* text : {"",
                           "a",
                           "@example.com",
                           "a@",
                           "a@@b",
                           "a b@c",
                           "a@b c",
                           ".a@b",
                           "a.@b",
                           "a..b@c",
                           "a@.b",
                           "a@b.",
                           "a@-b",
                           "a@b-",
                           "a@b_c",
                           "a@[127.0.0.1]",
                           "\"a b\"@c",
                           "a@b\r\nRCPT TO:<c@d>",
                           "a@b>",
                           "<a@b",
                           "a,b@c",
                           "a@b,c",
                           "a;b@c",
                           "a(b)@c",
                           "a\\b@c"})
    EXPECT_FALSE(is_mail_address(text)) << text;
  EXPECT_FALSE(is_mail_address(std::string(65, 'a') + "@example.com"));
  EXPECT_FALSE(is_mail_address("a@" + std::string(64, 'b') + ".example"));
  std::string long_domain = "a@";
  for (int i = 0; i < 30; ++i) long_domain.append("abcdefghi.");
  EXPECT_FALSE(is_mail_address(long_domain + "example"));
}

TEST(mailbox, with_and_without_a_name) {
  EXPECT_EQ(parse_mailbox("a@b.example")->address, "a@b.example");
  EXPECT_EQ(parse_mailbox("<a@b.example>")->name, "");
  EXPECT_EQ(parse_mailbox(" Duru Notes  <a@b.example> ")->name, "Duru Notes");
  EXPECT_EQ(parse_mailbox("\"Notes, \\\"the\\\" app\" <a@b.example>")->name, "Notes, \"the\" app");
  EXPECT_EQ(parse_mailbox("Gr\xc3\xbc\xc3\x9f"
                          "e <a@b.example>")
                ->domain(),
            "b.example");
}

TEST(mailbox, anything_else_is_refused) {
  for (const auto* text : {"", "a", "Name", "Name <a>", "Name <a@b.example", "Name a@b.example", "<>",
                           "\"a <a@b.example>", "a\"b <a@b.example>", "\"a\"b <a@b.example>",
                           "a\r\nBcc: c@d <a@b.example>", "a@b, c@d", "N <a@b> <c@d >",
                           "gr\xc3\xbc"
                           "n@b.example"})
    EXPECT_FALSE(parse_mailbox(text).has_value()) << text;
}

}  // namespace
}  // namespace dispatch
