#include "api/ingest/answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

job_status running() {
  job_status status;
  status.state = "running";
  status.lane = "bulk";
  status.total = 1'000;
  status.outcomes[index_of(outcome::delivered)] = 90;
  status.outcomes[index_of(outcome::failed)] = 10;
  status.created_at = 1'000ms;
  status.started_at = 2'000ms;
  status.now = 4'000ms;
  return status;
}

TEST(answers, a_running_job_has_a_rate_and_an_estimate) {
  EXPECT_EQ(
      status_response("t", "a", running()).body,
      R"({"id":"a","tenant":"t","lane":"bulk","state":"running","total":1000,"outcomes":{"delivered":90,)"
      R"("failed":10,"invalid_token":0,"quarantined":0,"suppressed":0,"expired":0,"cancelled":0,"dead":0},)"
      R"("created_at":1000,"started_at":2000,"finished_at":null,"rate":50.0,"eta_seconds":18})"
      "\n");
}

TEST(answers, what_has_not_begun_or_stands_still_has_no_estimate) {
  auto status = running();
  status.started_at = 0ms;
  EXPECT_THAT(status_response("t", "a", status).body, HasSubstr(R"("rate":0.0,"eta_seconds":null)"));
  status = running();
  status.state = "paused";
  EXPECT_THAT(status_response("t", "a", status).body, HasSubstr(R"("eta_seconds":null)"));
}

TEST(answers, a_finished_jobs_rate_stays_what_it_was) {
  auto status = running();
  status.state = "cancelled";
  status.finished_at = 3'000ms;
  EXPECT_THAT(status_response("t", "a", status).body,
              HasSubstr(R"("finished_at":3000,"rate":100.0,"eta_seconds":0)"));
}

TEST(answers, a_submission_is_202_a_repeat_says_so_and_a_conflict_is_422) {
  submit_answer stored{{}, submit_verdict::stored, lane::high, 7};
  const auto first = submission_response("t", "a", stored);
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(first.body, R"({"id":"a","tenant":"t","lane":"high","total":7,"state":"accepted"})"
                        "\n");
  stored.verdict = submit_verdict::repeat;
  const auto again = submission_response("t", "a", stored);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.back(), (std::pair<std::string, std::string>("Idempotent-Replayed", "true")));
  stored.verdict = submit_verdict::conflict;
  EXPECT_EQ(submission_response("t", "a", stored).status, 422);
  stored.verdict = submit_verdict::no_audience;
  EXPECT_THAT(submission_response("t", "a", stored).body, HasSubstr(R"("pointer":"/audience")"));
}

}  // namespace
}  // namespace dispatch
