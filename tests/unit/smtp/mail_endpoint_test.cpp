#include "transport/smtp/mail_endpoint.hpp"

#include <gtest/gtest.h>

namespace dispatch::smtp {
namespace {

mail_endpoint good(std::string_view url) {
  auto parsed = parse_mail_endpoint(url);
  const auto* wrong = std::get_if<std::string>(&parsed);
  EXPECT_EQ(wrong, nullptr) << url << ": " << *wrong;
  return wrong ? mail_endpoint{} : std::get<mail_endpoint>(parsed);
}

TEST(smtp_endpoint, the_scheme_says_how_tls_begins_and_which_port) {
  EXPECT_EQ(good("smtp://mail.example.com").how, protection::starttls);
  EXPECT_EQ(good("smtp://mail.example.com").peer.port, "587");
  EXPECT_EQ(good("smtps://mail.example.com").how, protection::implicit);
  EXPECT_EQ(good("smtps://mail.example.com/").peer.port, "465");
  EXPECT_EQ(good("smtp://mail.example.com:2525").peer.port, "2525");
}

TEST(smtp_endpoint, addresses_are_told_from_names) {
  EXPECT_TRUE(good("smtp://127.0.0.1:25").peer.is_address);
  EXPECT_TRUE(good("smtp://[::1]:25").peer.is_address);
  EXPECT_EQ(good("smtp://[::1]:25").peer.host, "::1");
  EXPECT_FALSE(good("smtp://mail.example.com").peer.is_address);
}

TEST(smtp_endpoint, knows_this_machine) {
  EXPECT_TRUE(good("smtp://127.0.0.1").is_loopback());
  EXPECT_TRUE(good("smtp://[::1]").is_loopback());
  EXPECT_TRUE(good("smtp://localhost").is_loopback());
  EXPECT_FALSE(good("smtp://192.0.2.1").is_loopback());
  EXPECT_FALSE(good("smtp://localhost.example.com").is_loopback());
}

TEST(smtp_endpoint, anything_else_is_refused) {
  for (const auto* url : {"", "mail.example.com", "https://mail.example.com", "smtp://", "smtp://u:p@h",
                          "smtp://h/p", "smtp://h?x", "smtp://h#x", "smtp://h:0", "smtp://h:70000", "smtp:h"})
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_mail_endpoint(url))) << url;
}

}  // namespace
}  // namespace dispatch::smtp
