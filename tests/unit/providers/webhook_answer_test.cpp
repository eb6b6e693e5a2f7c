#include "transport/providers/webhook/webhook_answer.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;

constexpr epoch_ms now{1'795'435'200'000};

verdict classify(int status, const std::string& retry_after = {}) {
  return classify_webhook(answered(status, "", retry_after), now);
}

struct expected_row {
  int status;
  verdict::kind kind;
  outcome result;
  verdict::health counts;
  std::string_view says;
  bool unknown = false;
};

constexpr auto final_ = verdict::kind::final;
constexpr auto retry = verdict::kind::retry;
constexpr auto neutral = verdict::health::neutral;
constexpr auto failure = verdict::health::failure;
constexpr auto any = outcome::delivered;  // of a verdict that is no outcome

class webhook_answer : public ::testing::TestWithParam<expected_row> {};

TEST_P(webhook_answer, means) {
  const auto& row = GetParam();
  const auto said = classify(row.status);
  EXPECT_EQ(said.what, row.kind);
  EXPECT_EQ(said.result, row.result);
  EXPECT_EQ(said.counts, row.counts);
  EXPECT_EQ(said.reason, row.says);
  EXPECT_EQ(said.outcome_unknown, row.unknown);
}

INSTANTIATE_TEST_SUITE_P(
    rows, webhook_answer,
    ::testing::Values(expected_row{200, final_, outcome::delivered, verdict::health::success, ""},
                      expected_row{204, final_, outcome::delivered, verdict::health::success, ""},
                      expected_row{299, final_, outcome::delivered, verdict::health::success, ""},
                      expected_row{301, final_, outcome::failed, neutral, "redirect"},
                      expected_row{307, final_, outcome::failed, neutral, "redirect"},
                      expected_row{400, retry, any, neutral, "http_4xx"},
                      expected_row{401, retry, any, neutral, "http_4xx"},
                      expected_row{404, retry, any, neutral, "http_4xx"},
                      expected_row{408, retry, any, failure, "http_408", true},
                      expected_row{410, final_, outcome::invalid_token, neutral, "gone"},
                      expected_row{413, retry, any, neutral, "http_4xx"},
                      expected_row{429, retry, any, neutral, "too_many_requests"},
                      expected_row{500, retry, any, failure, "http_5xx"},
                      expected_row{502, retry, any, failure, "http_502", true},
                      expected_row{503, retry, any, failure, "http_503"},
                      expected_row{504, retry, any, failure, "http_504", true},
                      expected_row{599, retry, any, failure, "http_5xx"},
                      expected_row{700, retry, any, failure, "bad_status", true}));

TEST(webhook_answers, too_many_requests_holds_the_host_for_as_long_as_it_asks) {
  EXPECT_EQ(classify(429).retry_after, 5s);
  EXPECT_EQ(classify(429).hold, verdict::scope_hold::scope);
  EXPECT_EQ(classify(429, "120").retry_after, 2min);
  EXPECT_EQ(classify(429, "Mon, 23 Nov 2026 12:00:30 GMT").retry_after, 30s);
}

TEST(webhook_answers, nobody_silences_a_host_for_longer_than_an_hour) {
  EXPECT_EQ(classify(429, "86400").retry_after, 1h);
  EXPECT_EQ(classify(503, "86400").retry_after, 1h);
}

TEST(webhook_answers, unreadable_wait_leaves_the_usual_one) {
  EXPECT_EQ(classify(429, "soon").retry_after, 5s);
  EXPECT_EQ(classify(503, "soon").retry_after, 0s);
}

TEST(webhook_answers, failures_without_an_answer) {
  provider_answer none;
  none.failure = send_failure::timeout;
  EXPECT_EQ(classify_webhook(none, now).what, retry);
  EXPECT_TRUE(classify_webhook(none, now).outcome_unknown);
  none.failure = send_failure::address_refused;
  const auto refused = classify_webhook(none, now);
  EXPECT_EQ(refused.what, final_);
  EXPECT_EQ(refused.result, outcome::failed);
  EXPECT_EQ(refused.reason, "address_refused");
  EXPECT_EQ(refused.counts, neutral);
}

}  // namespace
}  // namespace dispatch::testing
