#include "transport/providers/smtp/smtp_answer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "transport/providers/smtp/smtp_adapter.hpp"

namespace dispatch::testing {
namespace {

constexpr auto final_ = verdict::kind::final;
constexpr auto retry = verdict::kind::retry;
constexpr auto neutral = verdict::health::neutral;
constexpr auto failure = verdict::health::failure;
constexpr auto any = outcome::delivered;  // of a verdict that is no outcome

provider_answer answered(int status, std::string text, std::string_view refused) {
  provider_answer made;
  made.status = status;
  made.body = std::move(text);
  made.refused = refused;
  return made;
}

struct expected_row {
  int status;
  std::string text;
  std::string_view refused;
  verdict::kind kind;
  outcome result;
  verdict::health counts;
  std::string_view reason;
  bool alert = false;
  bool holds = false;
};

const std::vector<expected_row>& rows() {
  static const std::vector<expected_row> made{
      {250, "2.0.0 Ok", "", final_, outcome::delivered, verdict::health::success, ""},
      {251, "will forward", "", final_, outcome::delivered, verdict::health::success, ""},
      {421, "4.7.0 too many", "RCPT", retry, any, neutral, "service_closing", false, true},
      {421, "bye", "MAIL", retry, any, neutral, "service_closing", false, true},
      {550, "5.1.1 unknown", "RCPT", final_, outcome::invalid_token, neutral, "unknown_mailbox"},
      {550, "5.1.1 unknown", "message", final_, outcome::invalid_token, neutral, "unknown_mailbox"},
      {553, "5.1.3 syntax", "RCPT", final_, outcome::invalid_token, neutral, "bad_address"},
      {556, "5.1.10 null MX", "RCPT", final_, outcome::invalid_token, neutral, "null_mx"},
      {550, "5.2.1 disabled", "RCPT", final_, outcome::invalid_token, neutral, "mailbox_disabled"},
      {552, "5.2.2 full", "RCPT", final_, outcome::quarantined, neutral, "mailbox_full"},
      {452, "4.2.2 full", "RCPT", retry, any, neutral, "mailbox_full"},
      {552, "5.3.4 too big", "MAIL", final_, outcome::failed, neutral, "message_too_large"},
      {552, "5.3.4 too big", "message", final_, outcome::failed, neutral, "message_too_large"},
      {550, "5.7.1 relaying denied", "RCPT", final_, outcome::failed, failure, "sender_refused", true},
      {550, "5.7.26 DMARC", "message", retry, any, failure, "sender_unauthenticated", true},
      {550, "5.7.515 sender", "message", retry, any, failure, "sender_unauthenticated", true},
      {451, "4.7.32 alignment", "message", retry, any, failure, "sender_unauthenticated", true},
      {530, "5.7.0 authenticate", "MAIL", retry, any, failure, "authentication_required", true},
      {550, "5.7.8 who are you", "MAIL", retry, any, failure, "authentication_failed", true},
      {530, "authenticate", "MAIL", retry, any, failure, "authentication_required", true},
      {535, "no", "MAIL", retry, any, failure, "authentication_failed", true},
      {450, "4.7.1 slow down", "RCPT", retry, any, neutral, "slow_down", false, true},
      {451, "4.7.650 slow down", "message", retry, any, neutral, "slow_down", false, true},
      {554, "5.7.9 policy", "message", final_, outcome::failed, neutral, "policy", true},
      {451, "4.3.0 trouble", "RCPT", retry, any, failure, "server_trouble"},
      {452, "4.3.1 disk full", "MAIL", retry, any, failure, "server_trouble"},
      {450, "4.2.0 busy", "RCPT", retry, any, neutral, "deferred"},
      {451, "later", "RCPT", retry, any, neutral, "deferred"},
      {450, "later", "message", retry, any, neutral, "deferred"},
      {451, "later", "MAIL", retry, any, failure, "sender_deferred"},
      {550, "no", "RCPT", final_, outcome::failed, neutral, "rejected"},
      {554, "5.6.0 content", "message", final_, outcome::failed, neutral, "rejected"},
      {550, "sender?", "MAIL", final_, outcome::failed, failure, "sender_refused", true},
      {600, "?", "RCPT", retry, any, failure, "bad_status"}};
  return made;
}

TEST(smtp_answer, every_row_decides_as_the_table_says) {
  const auto adapter = make_smtp_adapter({});
  for (const auto& row : rows()) {
    SCOPED_TRACE(std::to_string(row.status) + " " + row.text + " to " + std::string(row.refused));
    const auto what = adapter->classify(answered(row.status, row.text, row.refused), epoch_ms{0});
    EXPECT_EQ(what.what, row.kind);
    EXPECT_EQ(what.result, row.result);
    EXPECT_EQ(what.counts, row.counts);
    EXPECT_EQ(what.reason, row.reason);
    EXPECT_EQ(what.alert, row.alert);
    EXPECT_EQ(what.hold == verdict::scope_hold::scope, row.holds);
    EXPECT_EQ(what.retry_after.count() > 0, row.holds);
  }
}

bool decides(const answer_row& row, const expected_row& each) {
  const bool status = row.status == 0 || row.status == (row.status < 10 ? each.status / 100 : each.status);
  const auto code = row.code.substr(0, row.code.find('x'));
  return status && each.reason == row.what.reason && each.text.starts_with(code);
}

TEST(smtp_answer, every_row_of_the_table_has_a_test) {
  for (const auto& row : smtp_answer_table()) {
    const bool tested = std::any_of(rows().begin(), rows().end(),
                                    [&](const expected_row& each) { return decides(row, each); });
    EXPECT_TRUE(tested) << row.status << " " << row.code << " " << row.what.reason;
  }
}

TEST(smtp_answer, no_address_is_condemned_by_what_is_said_of_the_sender) {
  for (const auto* text : {"5.1.1 unknown", "5.1.3 syntax", "5.1.10 null MX", "5.2.1 disabled"}) {
    const auto what = classify_smtp(answered(550, text, "MAIL"));
    EXPECT_EQ(what.result, outcome::failed) << text;
    EXPECT_TRUE(what.alert) << text;
  }
}

TEST(smtp_answer, no_address_is_condemned_without_an_enhanced_code_of_that_reply) {
  for (const auto* text : {"no such user", "user unknown 5.1.1", "4.1.1 unknown", "", "<html>5.1.1"})
    EXPECT_EQ(classify_smtp(answered(550, text, "RCPT")).result, outcome::failed) << text;
}

TEST(smtp_answer, policy_never_condemns_an_address) {
  for (const auto* text : {"5.7.1", "5.7.2", "5.7.25", "5.7.999"})
    EXPECT_EQ(classify_smtp(answered(550, text, "RCPT")).result, outcome::failed) << text;
  // What it says of the sender's domain is put right there, and sent then.
  for (const auto* text : {"5.7.26", "5.7.515"})
    EXPECT_EQ(classify_smtp(answered(550, text, "RCPT")).what, verdict::kind::retry) << text;
}

TEST(smtp_answer, a_connection_lost_behind_the_final_dot_may_have_delivered) {
  provider_answer lost;
  lost.failure = send_failure::connection;
  EXPECT_TRUE(classify_smtp(lost).outcome_unknown);
  lost.failure = send_failure::not_sent;
  EXPECT_EQ(classify_smtp(lost).what, verdict::kind::retry_free);
}

TEST(smtp_answer, the_queues_name_for_the_mail_is_its_id) {
  EXPECT_EQ(queue_id(answered(250, "2.0.0 Ok: queued as 4XyZ1\nmore", "")), "4XyZ1");
  EXPECT_EQ(queue_id(answered(250, "Ok", "")), "");
  EXPECT_EQ(queue_id(answered(550, "not queued as 1", "RCPT")), "");
}

}  // namespace
}  // namespace dispatch::testing
