#include "apps/sandbox/smtp/smtp_session.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "apps/sandbox/smtp/address_fault.hpp"
#include "apps/sandbox/smtp/post_office.hpp"

namespace dispatch::sandbox {
namespace {

using next = smtp_session::next;

class smtp_server_session : public ::testing::Test, protected smtp_session::desk {
 protected:
  std::string on_recipient(const std::string& address) override {
    return address == "no@x" ? "550 5.1.1 ordered" : "250 2.1.5 OK";
  }
  std::string on_message(const std::string& address, const std::string& text, next&) override {
    taken.emplace_back(address, text);
    return "250 2.0.0 OK";
  }
  /// What it says to this.
  std::string said(std::string_view bytes) {
    session.output().clear();
    then = session.receive(bytes);
    return session.output();
  }
  void log_in() {
    said("STARTTLS\r\n");
    session.secured();
    said("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n");  // user, secret
  }
  static constexpr std::string_view to_ada = "MAIL FROM:<a@b>\r\nRCPT TO:<ada@x>\r\nDATA\r\n";

  smtp_session session{{true, "user", "secret"}, *this};
  next then = next::go_on;
  std::vector<std::pair<std::string, std::string>> taken;
};

TEST_F(smtp_server_session, takes_a_message_in_any_pieces_and_undoes_the_stuffing) {
  log_in();
  for (const char c : std::string(to_ada) + "Subject: x\r\n\r\n..dot\r\n.\r\n") session.receive({&c, 1});
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0], std::pair(std::string("ada@x"), std::string("Subject: x\r\n\r\n.dot\r\n")));
}

TEST_F(smtp_server_session, offers_a_login_only_under_tls_and_then_no_starttls) {
  const auto before = said("EHLO me\r\n");
  EXPECT_NE(before.find("STARTTLS"), std::string::npos);
  EXPECT_EQ(before.find("AUTH"), std::string::npos);
  EXPECT_TRUE(said("AUTH PLAIN AHVzZXIAc2VjcmV0\r\n").starts_with("502"));
  said("STARTTLS\r\n");
  EXPECT_EQ(then, next::start_tls);
  session.secured();
  const auto after = said("EHLO me\r\n");
  EXPECT_EQ(after.find("STARTTLS"), std::string::npos);
  EXPECT_NE(after.find("AUTH PLAIN LOGIN"), std::string::npos);
}

TEST_F(smtp_server_session, wants_a_login_before_mail) {
  EXPECT_TRUE(said("MAIL FROM:<a@b>\r\n").starts_with("530 5.7.0"));
  said("STARTTLS\r\n");
  session.secured();
  EXPECT_TRUE(said("AUTH PLAIN AHVzZXIAd3Jvbmc=\r\n").starts_with("535 5.7.8"));
  EXPECT_TRUE(said("AUTH LOGIN\r\ndXNlcg==\r\nc2VjcmV0\r\n").find("235 ") != std::string::npos);
  EXPECT_TRUE(said("MAIL FROM:<a@b>\r\n").starts_with("250"));
}

TEST_F(smtp_server_session, forgets_what_was_sent_ahead_of_tls) {
  said("STARTTLS\r\nRSET\r\n");
  session.secured();
  EXPECT_EQ(said("NOOP\r\n"), "250 2.0.0 OK\r\n");
}

TEST_F(smtp_server_session, refuses_data_for_nobody_in_a_pipelined_group) {
  log_in();
  EXPECT_EQ(said("MAIL FROM:<a@b>\r\nRCPT TO:<no@x>\r\nDATA\r\n"),
            "250 2.1.0 OK\r\n550 5.1.1 ordered\r\n503 5.5.1 no recipient\r\n");
}

TEST_F(smtp_server_session, refuses_a_message_that_somebody_could_read_otherwise) {
  log_in();
  said(to_ada);
  EXPECT_TRUE(said("a\n.\nb\r\n.\r\n").starts_with("550 5.6.11"));
  said(to_ada);
  EXPECT_TRUE(said("a\rb\r\n.\r\n").starts_with("550 5.6.11"));
  said(to_ada);
  EXPECT_TRUE(said(std::string(999, 'x') + "\r\n.\r\n").starts_with("554 5.6.0"));
  EXPECT_TRUE(taken.empty());
}

TEST_F(smtp_server_session, closes_on_a_command_without_end) {
  EXPECT_TRUE(said(std::string(smtp_session::max_command_bytes + 1, 'x')).starts_with("500"));
  EXPECT_EQ(then, next::close);
}

TEST(address_fault, stands_before_the_plus_of_an_address) {
  EXPECT_EQ(parse_address_fault("fail-550-5.1.1+a@x"),
            (address_fault{address_fault_kind::fail, 0, 550, "5.1.1"}));
  EXPECT_EQ(parse_address_fault("flaky-2-450+a@x"), (address_fault{address_fault_kind::flaky, 2, 450, ""}));
  EXPECT_EQ(parse_address_fault("hang+a@x").kind, address_fault_kind::hang);
  EXPECT_EQ(parse_address_fault("drop+a@x").kind, address_fault_kind::drop);
  for (const auto* none :
       {"fail-550-5.1.1@x", "fail-250+a@x", "fail-+a@x", "flaky-550+a@x", "hang-1+a@x", "+a@x"})
    EXPECT_EQ(parse_address_fault(none), address_fault()) << none;
}

TEST(message_key, is_the_left_side_of_the_message_id_in_the_header) {
  EXPECT_EQ(message_key("Date: x\r\nMessage-ID: <key@b>\r\n\r\n"), "key");
  EXPECT_EQ(message_key("Date: x\r\n\r\nA\r\nMessage-ID: <key@b>\r\n"), "-");
}

}  // namespace
}  // namespace dispatch::sandbox
