#include "actors/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(metrics, shows_every_series_by_the_contracts_name) {
  metrics all;
  all.notifications(platform::android, provider::fcm, outcome::delivered, 3);
  all.attempts(provider::fcm, "ok", 4);
  all.send_duration(provider::apns, 20ms);
  all.dispatch_duration(lane::high, 2ms);
  all.lane_state(lane::bulk, 7, 1'500ms, 2);
  all.in_flight(provider::fcm, 9);
  all.concurrency_limit("fcm:default", 320);
  all.retries(provider::fcm, "unavailable", 2);
  all.breaker_state("fcm:default", 2);
  all.breaker_transition("fcm:default", "open");
  all.rate_limit_wait("fcm:default", 50ms);
  all.token_invalidated(platform::ios, "Unregistered");
  all.dead_letters(11);
  all.fenced(4);
  all.fenced(5);
  all.result_posts(6, 10);
  all.result_posts(7, 12);
  all.actor_restarted("sender");
  all.mailbox_depth("sender", 5);
  all.mailbox_depth("sender", 3);
  all.redis_up(true);
  all.redis_durability(false);
  all.redis_command(300us);
  all.credential_expiry(provider::fcm, "default", 1'700'000'000'500ms, true);
  all.credential_expiry(provider::apns, "default", 1'800'000'000'000ms, false);
  all.waiting("fcm:default", lane::normal, 12);
  all.scheduled(13);
  all.jobs("repeat", 1);
  all.http_request("/metrics", 200, 1ms);
  all.config_reloaded(false);
  const auto text = all.exposition();
  for (const auto* line :
       {"dispatch_notifications_total{outcome=\"delivered\",platform=\"android\",provider=\"fcm\"} 3\n",
        "dispatch_attempts_total{provider=\"fcm\",result=\"ok\"} 4\n",
        "dispatch_send_duration_seconds_bucket{provider=\"apns\",le=\"0.01\"} 0\n",
        "dispatch_send_duration_seconds_bucket{provider=\"apns\",le=\"0.025\"} 1\n",
        "dispatch_dispatch_duration_seconds_count{lane=\"high\"} 1\n",
        "dispatch_lane_depth{lane=\"bulk\"} 7\n",
        "dispatch_lane_oldest_age_seconds{lane=\"bulk\"} 1.5\n",
        "dispatch_pending{lane=\"bulk\"} 2\n",
        "dispatch_in_flight{provider=\"fcm\"} 9\n",
        "dispatch_concurrency_limit{scope=\"fcm:default\"} 320\n",
        "dispatch_retries_total{provider=\"fcm\",reason=\"unavailable\"} 2\n",
        "dispatch_breaker_state{scope=\"fcm:default\"} 2\n",
        "dispatch_breaker_transitions_total{scope=\"fcm:default\",to=\"open\"} 1\n",
        "dispatch_rate_limit_wait_seconds_sum{scope=\"fcm:default\"} 0.05\n",
        "dispatch_tokens_invalidated_total{platform=\"ios\",reason=\"Unregistered\"} 1\n",
        "dispatch_dead_letters 11\n",
        "dispatch_fenced_total 1\n",
        "dispatch_result_posts_open 7\n",
        "dispatch_result_posts_dropped_total 2\n",
        "dispatch_actor_restarts_total{actor=\"sender\"} 1\n",
        "dispatch_mailbox_depth{actor=\"sender\"} 3\n",
        "dispatch_redis_up 1\n",
        "dispatch_redis_durability 0\n",
        "dispatch_redis_command_duration_seconds_count 1\n",
        "dispatch_credential_expiry_timestamp_seconds{app=\"default\",provider=\"fcm\"} 1700000000.5\n",
        "dispatch_credential_self_renewing{app=\"default\",provider=\"fcm\"} 1\n",
        "dispatch_credential_self_renewing{app=\"default\",provider=\"apns\"} 0\n",
        "dispatch_waiting{lane=\"normal\",scope=\"fcm:default\"} 12\n",
        "dispatch_scheduled 13\n",
        "dispatch_jobs_total{result=\"repeat\"} 1\n",
        "dispatch_http_requests_total{code=\"200\",route=\"/metrics\"} 1\n",
        "dispatch_http_request_duration_seconds_count{route=\"/metrics\"} 1\n",
        "dispatch_config_last_reload_successful 0\n",
        "dispatch_build_info{revision="})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(metrics, what_will_surely_come_starts_at_zero) {
  const auto text = metrics().exposition();
  EXPECT_THAT(
      text,
      HasSubstr("dispatch_notifications_total{outcome=\"dead\",platform=\"ios\",provider=\"apns\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("dispatch_jobs_total{result=\"malformed\"} 0\n"));
}

TEST(metrics, scopes_are_at_most_200_and_the_rest_is_other) {
  metrics all;
  for (int at = 0; at < 1'000; ++at) all.breaker_state("webhook:" + std::to_string(at), 0);
  const auto text = all.exposition();
  EXPECT_EQ(count(text, "dispatch_breaker_state{"), 201u);
  EXPECT_THAT(text, HasSubstr("dispatch_breaker_state{scope=\"other\"} 0\n"));
}

TEST(metrics, transitions_have_the_same_200_scopes_whatever_the_state) {
  metrics all;
  const auto name = [](int at) { return "webhook:" + std::to_string(at); };
  for (int at = 0; at < 300; ++at) all.breaker_transition(name(at), "open");
  for (int at = 300; at < 600; ++at) all.breaker_transition(name(at), "half_open");
  for (int at = 600; at < 900; ++at) all.breaker_transition(name(at), "closed");
  all.breaker_transition(name(1), "closed");
  const auto text = all.exposition();
  // 200 that opened and the rest; the rest; one that closed and the rest.
  EXPECT_EQ(count(text, "dispatch_breaker_transitions_total{"), 201u + 1u + 2u);
  EXPECT_THAT(text, HasSubstr("dispatch_breaker_transitions_total{scope=\"webhook:1\",to=\"closed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("dispatch_breaker_transitions_total{scope=\"other\",to=\"half_open\"} 300\n"));
}

TEST(metrics, a_breaker_among_the_rest_that_is_open_is_seen) {
  metrics all;
  for (int at = 0; at < 300; ++at) all.breaker_state("webhook:" + std::to_string(at), 0);
  all.breaker_state("webhook:250", 2);
  all.breaker_state("webhook:251", 1);
  all.breaker_state("webhook:252", 0);
  EXPECT_THAT(all.exposition(), HasSubstr("dispatch_breaker_state{scope=\"other\"} 2\n"));
  all.breaker_state("webhook:250", 0);
  EXPECT_THAT(all.exposition(), HasSubstr("dispatch_breaker_state{scope=\"other\"} 1\n"));
  all.breaker_state("webhook:251", 0);
  EXPECT_THAT(all.exposition(), HasSubstr("dispatch_breaker_state{scope=\"other\"} 0\n"));
}

TEST(metrics, reasons_are_bounded_too) {
  metrics all;
  for (int at = 0; at < 1'000; ++at) all.retries(provider::fcm, std::to_string(at), 1);
  EXPECT_EQ(count(all.exposition(), "dispatch_retries_total{"), 65u);
}

TEST(metrics, a_label_that_would_spoil_the_scrape_is_other) {
  metrics all;
  all.breaker_state("\xff\xfe", 1);
  all.attempts(provider::fcm, "a\nb", 1);
  all.attempts(provider::fcm, "", 1);
  all.attempts(provider::fcm, std::string(500, 'x'), 1);
  const auto text = all.exposition();
  EXPECT_THAT(text, HasSubstr("dispatch_breaker_state{scope=\"other\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("dispatch_attempts_total{provider=\"fcm\",result=\"other\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("\xff")));
}

TEST(metrics, counts_from_many_threads_are_complete) {
  metrics all;
  std::vector<std::thread> threads;
  for (int at = 0; at < 4; ++at)
    threads.emplace_back([&] {
      for (int n = 0; n < 5'000; ++n) {
        all.notifications(platform::web, provider::smtp, outcome::dead, 1);
        all.attempts(provider::smtp, n % 2 ? "a" : "b", 1);
        all.send_duration(provider::smtp, 1ms);
        if (n % 500 == 0) all.exposition();
      }
    });
  for (auto& each : threads) each.join();
  const auto text = all.exposition();
  EXPECT_THAT(text, HasSubstr("{outcome=\"dead\",platform=\"web\",provider=\"smtp\"} 20000\n"));
  EXPECT_THAT(text, HasSubstr("{provider=\"smtp\",result=\"a\"} 10000\n"));
  EXPECT_THAT(text, HasSubstr("dispatch_send_duration_seconds_count{provider=\"smtp\"} 20000\n"));
}

}  // namespace
}  // namespace dispatch
