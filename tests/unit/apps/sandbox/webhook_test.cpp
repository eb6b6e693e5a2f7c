// The receiver of webhooks: what it checks, and the faults in its name. Signatures are checked against the
// reference implementations' example, not against code of ours.

#include <gtest/gtest.h>

#include "apps/sandbox/keys.hpp"
#include "apps/sandbox/responder.hpp"
#include "apps/sandbox/webhook_rules.hpp"

namespace dispatch::sandbox {
namespace {

constexpr std::int64_t signed_at = 1'614'265'330;

request reference() {
  request made;
  made.method = "POST";
  made.webhook_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  made.webhook_timestamp = std::to_string(signed_at);
  made.webhook_signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  made.body = R"({"test": 2432232314})";
  made.body_bytes = made.body.size();
  return made;
}

std::string judged(const request& asked, std::int64_t now_s = signed_at) {
  static const auto secret = webhook_secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  return std::string(judge_webhook(asked, secret, now_s).reason);
}

TEST(webhook_rules, take_the_reference_signature) {
  // Its body is no event of the standard's own shape, which is looked at last.
  EXPECT_EQ(judged(reference()), "no_event");
  auto among_others = reference();
  among_others.webhook_signature = "v1,AAAA v1a,BBBB " + among_others.webhook_signature;
  EXPECT_EQ(judged(among_others), "no_event");
}

TEST(webhook_rules, refuse_what_is_not_signed_so) {
  auto asked = reference();
  asked.body += " ";
  EXPECT_EQ(judged(asked), "bad_signature");
  asked = reference();
  asked.webhook_id += "x";
  EXPECT_EQ(judged(asked), "bad_signature");
  asked = reference();
  asked.webhook_signature.clear();
  EXPECT_EQ(judged(asked), "bad_signature");
  asked = reference();
  asked.webhook_id.clear();
  EXPECT_EQ(judged(asked), "no_id");
  asked = reference();
  asked.webhook_timestamp = "now";
  EXPECT_EQ(judged(asked), "no_timestamp");
}

TEST(webhook_rules, refuse_timestamps_more_than_five_minutes_away) {
  EXPECT_EQ(judged(reference(), signed_at + 300), "no_event");
  EXPECT_EQ(judged(reference(), signed_at + 301), "old_timestamp");
  EXPECT_EQ(judged(reference(), signed_at - 301), "old_timestamp");
}

TEST(webhook_rules, own_secrets_can_be_read) {
  EXPECT_EQ(webhook_secret_bytes(make_webhook_secret()).size(), 32U);
}

class webhook_faults : public testing::Test {
 protected:
  const answer& post(const std::string& name) {
    with_.clear();
    with_.req = reference();
    with_.req.path = "/webhook/" + name;
    responder_.decide(with_, now_);
    return with_.ans;
  }

  static credentials made() {
    credentials out;
    out.service_account_key = make_rsa_2048_key();
    out.apns_key = make_p256_key();
    out.webhook_secret = webhook_secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    return out;
  }

  const moment now_{signed_at * 1'000'000, steady_time{std::chrono::seconds(1000)}};
  shared_state shared_{made(), 1};
  responder responder_{shared_};
  exchange with_;
};

TEST_F(webhook_faults, refusal_is_in_the_answer_and_the_ledgers_fields) {
  const auto& out = post("hook-1");
  EXPECT_EQ(out.status, 400);
  EXPECT_EQ(out.reason, "no_event");
  EXPECT_EQ(with_.who, provider::webhook);
  EXPECT_EQ(with_.target, "hook-1");
  EXPECT_EQ(with_.dedupe, "msg_p5jXN8AQM9LWM0D4loKWxJek");
}

TEST_F(webhook_faults, name_orders_an_answer) {
  // The same id and timestamp over an event, signed with `openssl dgst -sha256 -mac HMAC`.
  const auto faulty = [&](const std::string& name) -> const answer& {
    with_.clear();
    with_.req = reference();
    with_.req.path = "/webhook/" + name;
    with_.req.body = R"({"type":"t","timestamp":"2021-02-25T15:02:10Z","data":{}})";
    with_.req.body_bytes = with_.req.body.size();
    with_.req.webhook_signature = "v1,vOePwdPYXG12EMDmfygNkhuUMNA3XBKyitapwhdm67Y=";
    responder_.decide(with_, now_);
    return with_.ans;
  };
  EXPECT_EQ(faulty("good").status, 200) << with_.ans.reason;
  EXPECT_EQ(faulty("dead-1").status, 410);
  EXPECT_EQ(faulty("flaky503-1-a").status, 503);
  EXPECT_EQ(faulty("flaky503-1-a").status, 200);
  EXPECT_EQ(faulty("flaky429-1-b").retry_after_s, 1);
  EXPECT_EQ(faulty("fail-404-nowhere-c").reason, "nowhere");
  EXPECT_EQ(faulty("hang-d").how, fate::hang);
  EXPECT_EQ(faulty("redirect-e").status, 307);
  EXPECT_EQ(with_.ans.location, "/webhook/followed");
}

TEST_F(webhook_faults, ordered_fault_comes_first) {
  fault_order order;
  order.who = provider::webhook;
  order.status = 429;
  order.retry_after_s = 3;
  ASSERT_TRUE(shared_.orders.add(order));
  with_.clear();
  with_.req.path = "/webhook/a";
  responder_.decide(with_, now_);
  EXPECT_EQ(with_.ans.status, 429);
  EXPECT_EQ(with_.ans.retry_after_s, 3);
}

}  // namespace
}  // namespace dispatch::sandbox
