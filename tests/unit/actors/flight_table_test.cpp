#include "actors/flight_table.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dispatch {
namespace {

struct flight_table_test : ::testing::Test {
  std::vector<provider_request> take(std::uint32_t count) {
    std::vector<outgoing> items(count);
    for (std::uint32_t at = 0; at < count; ++at) items[at].item.position = at;
    return flights.take(std::move(items));
  }
  static provider_answer to(const provider_request& request, int status = 200) {
    provider_answer answer;
    answer.correlation = request.correlation;
    answer.status = status;
    return answer;
  }

  std::vector<completion_batch_ptr> told;
  flight_table flights{7, [this](completion_batch_ptr batch) { told.push_back(std::move(batch)); }};
};

TEST_F(flight_table_test, brings_each_answer_to_its_item) {
  const auto requests = take(3);
  EXPECT_EQ(flights.in_flight(), 3U);
  flights.deliver({to(requests[2], 202), to(requests[0])});
  EXPECT_EQ(flights.in_flight(), 1U);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]->scope, 7);
  ASSERT_EQ(told[0]->answers.size(), 2U);
  EXPECT_EQ(told[0]->answers[0].item.position, 2U);
  EXPECT_EQ(told[0]->answers[0].answer.status, 202);
  EXPECT_EQ(told[0]->answers[1].item.position, 0U);
}

TEST_F(flight_table_test, a_second_answer_to_an_item_is_dropped) {
  const auto requests = take(1);
  flights.deliver({to(requests[0])});
  flights.deliver({to(requests[0])});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[1]->answers.empty());
}

TEST_F(flight_table_test, numbers_are_not_used_twice) {
  const auto first = take(1);
  flights.deliver({to(first[0])});
  EXPECT_NE(take(1)[0].correlation, first[0].correlation);
}

TEST_F(flight_table_test, an_answer_comes_with_the_credential_its_request_had) {
  const auto requests = take(2);
  const auto headers = std::make_shared<const header_list>();
  flights.set_credential(requests[0].correlation, headers);
  flights.deliver({to(requests[0]), to(requests[1])});
  EXPECT_EQ(told[0]->answers[0].credential, headers);
  EXPECT_EQ(told[0]->answers[1].credential, nullptr);
}

TEST_F(flight_table_test, failing_requests_ends_them_alike) {
  const auto requests = take(2);
  flights.fail(requests, send_failure::no_credential);
  ASSERT_EQ(told[0]->answers.size(), 2U);
  EXPECT_EQ(told[0]->answers[1].answer.failure, send_failure::no_credential);
  EXPECT_EQ(flights.in_flight(), 0U);
  flights.fail({}, send_failure::not_sent);
  EXPECT_EQ(told.size(), 1U) << "nothing happened, nothing is told";
}

TEST_F(flight_table_test, repeats_what_was_not_claimed) {
  const auto requests = take(2);
  flights.deliver({to(requests[0])});
  flights.end_here(std::vector<local_end>(1));
  told[0]->applied.claim();
  flights.repeat_unclaimed();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[2], told[1]);
}

TEST_F(flight_table_test, once_cleared_it_says_nothing_more) {
  const auto requests = take(2);
  flights.deliver({to(requests[0])});
  flights.clear();
  flights.repeat_unclaimed();
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(flights.in_flight(), 0U);
}

}  // namespace
}  // namespace dispatch
