// Servers, and whoever sits between, that do what they should not.

#include "session_fixture.hpp"

namespace dispatch::smtp {
namespace {

struct hostile_smtp_server : session_fixture {
  void expect_unanswered() { EXPECT_FALSE(session.take_end().has_value()); }
};

TEST_F(hostile_smtp_server, starttls_not_offered) {
  say("220 hi\r\n");
  EXPECT_EQ(say("250-mail\r\n250 AUTH PLAIN\r\n"), "");
  expect_over(fault::tls, "starttls_stripped");
}

TEST_F(hostile_smtp_server, starttls_offered_and_refused) {
  say("220 hi\r\n");
  say("250 STARTTLS\r\n");
  EXPECT_EQ(say("454 4.7.0 TLS not available\r\n"), "");
  expect_over(fault::tls, "starttls_stripped");
}

TEST_F(hostile_smtp_server, starttls_hidden_behind_another_keyword) {
  say("220 hi\r\n");
  say("250-XSTARTTLS\r\n250-STARTTLSX\r\n250 X STARTTLS\r\n");
  expect_over(fault::tls, "starttls_stripped");
}

TEST_F(hostile_smtp_server, bytes_behind_the_answer_to_starttls_are_not_believed) {
  say("220 hi\r\n");
  say("250 STARTTLS\r\n");
  say("220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n");
  expect_over(fault::tls, "starttls_injection");
}

TEST_F(hostile_smtp_server, neither_are_those_that_come_a_little_later) {
  say("220 hi\r\n");
  say("250 STARTTLS\r\n");
  say("220 go\r\n");
  say("2");
  expect_over(fault::tls, "starttls_injection");
}

TEST_F(hostile_smtp_server, what_was_offered_in_the_clear_is_forgotten) {
  say("220 hi\r\n");
  say("250-PIPELINING\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n");
  say("220 go\r\n");
  session.secured();
  said();
  EXPECT_EQ(say("250 mail\r\n"), "");
  expect_over(fault::refused, "neither AUTH PLAIN nor LOGIN");
}

TEST_F(hostile_smtp_server, no_smtp_at_all) {
  EXPECT_EQ(say("HTTP/1.1 400 Bad Request\r\n"), "");
  expect_over(fault::protocol, "code");
}

TEST_F(hostile_smtp_server, a_greeting_without_an_end) {
  session.receive("220-");
  for (int i = 0; i < 1'000 && session.state() != phase::over; ++i) session.receive(std::string(1'000, 'x'));
  expect_over(fault::protocol, "too long");
}

TEST_F(hostile_smtp_server, a_refusing_greeting) {
  say("554 5.7.1 you are on a list\r\n");
  expect_over(fault::refused, "554 5.7.1 you are on a list");
}

TEST_F(hostile_smtp_server, answers_to_what_was_not_asked_yet) {
  say("220 hi\r\n250 STARTTLS\r\n");
  expect_over(fault::protocol, "before its command");
}

TEST_F(hostile_smtp_server, a_refused_login_shows_no_password) {
  say("220 hi\r\n");
  say("250 STARTTLS\r\n");
  say("220 go\r\n");
  session.secured();
  said();
  say("250-mail\r\n250 AUTH PLAIN\r\n");
  say("535 5.7.8 bad credentials\r\n");
  expect_over(fault::refused, "535 5.7.8 bad credentials");
  EXPECT_EQ(session.error().find("secret"), std::string::npos);
}

TEST_F(hostile_smtp_server, prompts_for_ever) {
  say("220 hi\r\n");
  say("250 STARTTLS\r\n");
  say("220 go\r\n");
  session.secured();
  said();
  say("250-mail\r\n250 AUTH LOGIN\r\n");
  for (int i = 0; i < 3; ++i) say("334 again\r\n");
  expect_over(fault::refused, "AUTH refused: 334");
}

TEST_F(hostile_smtp_server, a_reply_to_nothing) {
  log_in();
  say("250 surprise\r\n");
  expect_over(fault::protocol, "a reply to nothing");
}

TEST_F(hostile_smtp_server, more_replies_than_commands) {
  log_in();
  start();
  // DATA granted, and the message taken before it was sent.
  say("250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n");
  expect_over(fault::protocol, "before its command");
  expect_unanswered();
  EXPECT_FALSE(session.may_have_been_taken());
}

TEST_F(hostile_smtp_server, a_354_where_none_belongs) {
  log_in();
  start();
  say("354 go\r\n");
  expect_over(fault::protocol, "out of step");
  expect_unanswered();
}

TEST_F(hostile_smtp_server, a_message_taken_without_having_been_asked_for) {
  log_in();
  start();
  say("250 ok\r\n250 ok\r\n250 taken\r\n");
  expect_over(fault::protocol, "out of step");
  expect_unanswered();
}

TEST_F(hostile_smtp_server, a_354_to_the_message) {
  log_in();
  start();
  say("250 ok\r\n250 ok\r\n354 go\r\n");
  say("354 and more?\r\n");
  expect_over(fault::protocol, "out of step");
  EXPECT_TRUE(session.may_have_been_taken());
}

TEST_F(hostile_smtp_server, an_endless_reply_to_the_message_leaves_it_unknown) {
  log_in();
  start();
  say("250 ok\r\n250 ok\r\n354 go\r\n");
  for (int i = 0; i < 300; ++i) session.receive("250-more\r\n");
  expect_over(fault::protocol, "too many lines");
  expect_unanswered();
  EXPECT_TRUE(session.may_have_been_taken());
}

TEST_F(hostile_smtp_server, a_refused_rset_ends_the_connection_and_not_the_message) {
  log_in();
  start();
  say("250 ok\r\n550 no\r\n503 no\r\n");
  EXPECT_TRUE(session.take_end().has_value());
  start();
  say("500 RSET what?\r\n");
  expect_over(fault::protocol, "RSET refused");
  expect_unanswered();
}

}  // namespace
}  // namespace dispatch::smtp
