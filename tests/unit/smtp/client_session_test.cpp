#include "transport/smtp/client_session.hpp"

#include "session_fixture.hpp"

namespace dispatch::smtp {
namespace {

struct smtp_session : session_fixture {
  message_end end() {
    auto ended = session.take_end();
    EXPECT_TRUE(ended.has_value());
    EXPECT_FALSE(session.take_end().has_value()) << "one message, two answers";
    return ended.value_or(message_end{});
  }
};

TEST_F(smtp_session, logs_in_under_tls_only) {
  EXPECT_EQ(said(), "") << "the server speaks first";
  EXPECT_EQ(say("220 mail.example.com ESMTP\r\n"), "EHLO dispatch.example.com\r\n");
  EXPECT_EQ(say("250-mail\r\n250-AUTH PLAIN\r\n250 starttls\r\n"), "STARTTLS\r\n");
  EXPECT_EQ(say("220 2.0.0 ready\r\n"), "");
  EXPECT_EQ(session.state(), phase::handshake);
  session.secured();
  EXPECT_EQ(said(), "EHLO dispatch.example.com\r\n") << "what was said in the clear is asked again";
  EXPECT_EQ(say("250-mail\r\n250 AUTH LOGIN PLAIN\r\n"), "AUTH PLAIN AHVzZXIAc2VjcmV0\r\n");
  EXPECT_EQ(say("235 2.7.0 ok\r\n"), "");
  EXPECT_EQ(session.state(), phase::idle);
}

TEST_F(smtp_session, answers_the_prompts_of_auth_login) {
  say("220 hi\r\n");
  say("250 STARTTLS\r\n");
  say("220 go\r\n");
  session.secured();
  said();
  EXPECT_EQ(say("250-mail\r\n250 AUTH LOGIN\r\n"), "AUTH LOGIN\r\n");
  EXPECT_EQ(say("334 VXNlcm5hbWU6\r\n"), "dXNlcg==\r\n");
  EXPECT_EQ(say("334 UGFzc3dvcmQ6\r\n"), "c2VjcmV0\r\n");
  EXPECT_EQ(say("235 ok\r\n"), "");
  EXPECT_EQ(session.state(), phase::idle);
}

TEST_F(smtp_session, implicit_tls_needs_no_starttls) {
  auto options = usual();
  options.how = protection::implicit;
  session = client_session(options);
  EXPECT_EQ(say("220 hi\r\n"), "EHLO dispatch.example.com\r\n");
  EXPECT_EQ(say("250-mail\r\n250 AUTH PLAIN\r\n").substr(0, 10), "AUTH PLAIN");
}

TEST_F(smtp_session, without_tls_there_is_no_password_on_the_wire) {
  auto options = usual();
  options.how = protection::none;
  session = client_session(options);
  say("220 hi\r\n");
  EXPECT_EQ(say("250-mail\r\n250 AUTH PLAIN\r\n"), "");
  expect_over(fault::tls, "AUTH without TLS");
}

TEST_F(smtp_session, without_a_user_name_nobody_logs_in) {
  auto options = usual();
  options.username.clear();
  options.how = protection::none;
  session = client_session(options);
  say("220 hi\r\n");
  EXPECT_EQ(say("250-mail\r\n250 AUTH PLAIN\r\n"), "");
  EXPECT_EQ(session.state(), phase::idle);
}

TEST_F(smtp_session, sends_a_message_in_two_round_trips_when_the_server_pipelines) {
  log_in();
  EXPECT_EQ(start(), "MAIL FROM:<from@example.com>\r\nRCPT TO:<ada@example.com>\r\nDATA\r\n");
  EXPECT_FALSE(session.may_have_been_taken());
  EXPECT_EQ(say("250 ok\r\n250 ok\r\n354 go\r\n"), "Subject: a\r\n\r\n..text\r\n.\r\n");
  EXPECT_TRUE(session.may_have_been_taken());
  EXPECT_EQ(say("250 2.0.0 queued as 1\r\n"), "");
  const auto how = end();
  EXPECT_EQ(how.code, 250);
  EXPECT_EQ(how.text, "2.0.0 queued as 1");
  EXPECT_EQ(how.refused, "");
  EXPECT_EQ(session.state(), phase::idle);
}

TEST_F(smtp_session, sends_command_by_command_when_it_does_not) {
  log_in("");
  EXPECT_EQ(start(), "MAIL FROM:<from@example.com>\r\n");
  EXPECT_EQ(say("250 ok\r\n"), "RCPT TO:<ada@example.com>\r\n");
  EXPECT_EQ(say("251 will forward\r\n"), "DATA\r\n");
  EXPECT_EQ(say("354 go\r\n"), "Subject: a\r\n\r\n..text\r\n.\r\n");
  say("250 ok\r\n");
  EXPECT_EQ(end().code, 250);
}

TEST_F(smtp_session, many_messages_go_over_one_connection) {
  log_in();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(start().substr(0, 9), "MAIL FROM") << "no RSET after a message that was taken";
    say("250 ok\r\n250 ok\r\n354 go\r\n");
    say("250 ok\r\n");
    EXPECT_EQ(end().code, 250);
  }
  session.quit();
  EXPECT_EQ(said(), "QUIT\r\n");
  say("221 bye\r\n");
  EXPECT_EQ(session.state(), phase::over);
  EXPECT_EQ(session.why(), fault::none);
}

TEST_F(smtp_session, a_refused_recipient_is_that_messages_end_and_the_next_begins_with_rset) {
  log_in();
  start();
  say("250 ok\r\n550 5.1.1 no such user\r\n");
  EXPECT_EQ(say("554 no valid recipients\r\n"), "");
  const auto how = end();
  EXPECT_EQ(how.code, 550);
  EXPECT_EQ(how.refused, "RCPT");
  EXPECT_EQ(start(), "RSET\r\nMAIL FROM:<from@example.com>\r\nRCPT TO:<ada@example.com>\r\nDATA\r\n");
  say("250 flushed\r\n250 ok\r\n250 ok\r\n354 go\r\n");
  say("250 ok\r\n");
  EXPECT_EQ(end().code, 250);
}

TEST_F(smtp_session, a_server_that_wants_data_for_nobody_gets_an_empty_message) {
  log_in();
  start();
  EXPECT_EQ(say("250 ok\r\n450 4.2.2 full\r\n354 go\r\n"), ".\r\n");
  EXPECT_FALSE(session.may_have_been_taken());
  say("554 no valid recipients\r\n");
  const auto how = end();
  EXPECT_EQ(how.code, 450);
  EXPECT_EQ(how.refused, "RCPT");
}

TEST_F(smtp_session, without_pipelining_nothing_follows_a_refusal) {
  log_in("");
  start();
  EXPECT_EQ(say("530 5.7.0 authenticate first\r\n"), "");
  const auto how = end();
  EXPECT_EQ(how.code, 530);
  EXPECT_EQ(how.refused, "MAIL");
  EXPECT_EQ(start(), "RSET\r\n");
  EXPECT_EQ(say("250 ok\r\n"), "MAIL FROM:<from@example.com>\r\n");
}

TEST_F(smtp_session, the_first_refusal_of_a_group_is_the_reason) {
  log_in();
  start();
  say("451 4.3.0 later\r\n503 need MAIL\r\n503 need RCPT\r\n");
  const auto how = end();
  EXPECT_EQ(how.code, 451);
  EXPECT_EQ(how.refused, "MAIL");
}

TEST_F(smtp_session, a_refused_message_is_told_from_a_refused_recipient) {
  log_in();
  start();
  say("250 ok\r\n250 ok\r\n354 go\r\n");
  say("554 5.7.1 spam\r\n");
  EXPECT_EQ(end().refused, "message");
  EXPECT_EQ(start().substr(0, 4), "RSET");
}

TEST_F(smtp_session, closing_amidst_is_the_messages_answer_and_the_sessions_end) {
  log_in();
  start();
  say("250 ok\r\n421 4.7.0 too fast\r\n");
  const auto how = end();
  EXPECT_EQ(how.code, 421);
  EXPECT_EQ(how.refused, "RCPT");
  expect_over(fault::closing, "421 4.7.0 too fast");
}

TEST_F(smtp_session, closing_instead_of_taking_the_message_is_a_known_end) {
  log_in();
  start();
  say("250 ok\r\n250 ok\r\n354 go\r\n");
  say("421 going down\r\n");
  EXPECT_EQ(end().refused, "message");
}

TEST_F(smtp_session, closing_while_idle_ends_it) {
  log_in();
  say("421 4.4.2 idle for too long\r\n");
  expect_over(fault::closing, "421");
}

TEST_F(smtp_session, the_size_is_announced_and_a_message_beyond_it_is_not_sent) {
  log_in("250-PIPELINING\r\n250-SIZE 21\r\n");
  EXPECT_EQ(start("ada@example.com", "a: b\r\n\r\n0123456789\r\n").substr(0, 38),
            "MAIL FROM:<from@example.com> SIZE=20\r\n");
  say("250 ok\r\n250 ok\r\n354 go\r\n");
  say("250 ok\r\n");
  end();
  EXPECT_EQ(start("ada@example.com", "a: b\r\n\r\n012345678901\r\n"), "");
  const auto how = end();
  EXPECT_EQ(how.code, 552);
  EXPECT_EQ(how.refused, "message");
  EXPECT_EQ(session.state(), phase::idle);
}

TEST_F(smtp_session, an_address_beyond_ascii_needs_the_servers_consent) {
  log_in();
  EXPECT_EQ(start("gr\xc3\xbc\xc3\x9f@example.com"), "");
  EXPECT_EQ(end().code, 553);
  session = client_session(usual());
  log_in("250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n");
  EXPECT_EQ(start("gr\xc3\xbc\xc3\x9f@example.com").substr(0, 53),
            "MAIL FROM:<from@example.com> BODY=8BITMIME SMTPUTF8\r\n");
}

TEST_F(smtp_session, nothing_is_sent_that_could_smuggle) {
  log_in();
  for (const auto* message : {"a\n.\n\r\n", "a\r.\r\r\n", "a\r\n.\n\r\n", "no end"}) {
    EXPECT_EQ(start("ada@example.com", message), "") << message;
    EXPECT_EQ(end().code, 554);
  }
  for (const auto* recipient : {"a@b>\r\nDATA", "a b@c", "", "a@b<c"}) {
    EXPECT_EQ(start(recipient), "") << recipient;
    EXPECT_EQ(end().code, 553);
  }
}

}  // namespace
}  // namespace dispatch::smtp
