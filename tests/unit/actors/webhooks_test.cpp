// What the engine does for webhooks alone: a retry schedule of their own, and endpoints that want no more.

#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr auto url = "https://hooks.example/in";

class webhooks : public ::testing::Test {
 protected:
  std::unique_ptr<virtual_engine> start(std::function<void(settings&)> more = {}) {
    auto engine = std::make_unique<virtual_engine>([&](settings& config) {
      config.platforms.served_by[index_of(platform::webhook)] = provider::webhook;
      config.webhook.emplace_back();
      if (more) more(config);
    });
    engine->on_origin = [this](const std::string&, scripted_channel& way) { way.answer = answer; };
    return engine;
  }
  static void send_and_finish(virtual_engine& engine, const std::string& id) {
    engine.add(lane::normal, webhook_document(id, {url}));
    ASSERT_TRUE(engine.run_until([&] { return engine.job_field(id, "state") == "done"; }, 600s)) << id;
  }

  std::function<provider_answer(const seen_request&)> answer = [](const seen_request&) {
    return scripted_channel::status(500);
  };
};

TEST_F(webhooks, are_tried_again_by_their_schedule_whatever_retry_says) {
  auto engine = start([](settings& config) {
    config.webhook[0].schedule = {2s, 10s, 100s};
    config.retry.attempts = 1;
  });
  send_and_finish(*engine, "j");
  EXPECT_EQ(engine->job_field("j", "dead"), "1");
  const auto& rows = engine->webhooks();
  ASSERT_EQ(rows.size(), 4u);
  // Each with up to a tenth more, and what the way through memory or Redis takes.
  const auto gap = [&](std::size_t after) { return rows[after + 1].at - rows[after].at; };
  EXPECT_GE(gap(0), 2s);
  EXPECT_LE(gap(0), 3s);
  EXPECT_GE(gap(1), 10s);
  EXPECT_LE(gap(1), 12s);
  EXPECT_GE(gap(2), 100s);
  EXPECT_LE(gap(2), 112s);
  for (const auto& row : rows) EXPECT_EQ(row.dedupe, rows[0].dedupe);
}

TEST_F(webhooks, without_a_schedule_are_tried_once) {
  auto engine = start([](settings& config) { config.webhook[0].schedule.clear(); });
  send_and_finish(*engine, "j");
  EXPECT_EQ(engine->job_field("j", "dead"), "1");
  EXPECT_EQ(engine->webhooks().size(), 1u);
}

TEST_F(webhooks, to_a_host_nobody_reaches_are_given_up_when_the_schedule_would_be_over) {
  answer = [](const seen_request&) {
    provider_answer unreached;
    unreached.failure = send_failure::not_sent;
    return unreached;
  };
  auto engine = start([](settings& config) { config.webhook[0].schedule = {2s, 10s, 100s}; });
  engine->add(lane::normal, webhook_document("j", std::vector<std::string>(300, url)));
  engine->run_for(100s);
  EXPECT_EQ(engine->job_field("j", "state"), "running");
  ASSERT_TRUE(engine->run_until([&] { return engine->job_field("j", "state") == "done"; }, 600s));
  EXPECT_EQ(engine->job_field("j", "dead"), "300");
}

TEST_F(webhooks, endpoint_that_is_gone_stays_disabled_where_no_token_is_suppressed) {
  answer = [](const seen_request&) { return scripted_channel::status(410); };
  auto engine = start([](settings& config) { config.hygiene.suppress_ttl = 0ms; });
  send_and_finish(*engine, "one");
  EXPECT_EQ(engine->job_field("one", "invalid_token"), "1");
  engine->run_for(2h);
  send_and_finish(*engine, "two");
  EXPECT_EQ(engine->job_field("two", "suppressed"), "1");
  EXPECT_EQ(engine->webhooks().size(), 1u);
  const auto& results = engine->world().streams["results"].entries;
  EXPECT_TRUE(std::any_of(results.begin(), results.end(), [](const auto& row) {
    return field(row.second, "job") == "two" && field(row.second, "reason") == "endpoint_disabled";
  }));
}

TEST_F(webhooks, disabled_endpoint_is_listed_with_what_an_operator_knows_it_by) {
  answer = [](const seen_request&) { return scripted_channel::status(410); };
  auto engine = start();
  send_and_finish(*engine, "one");
  const auto& listed = engine->world().hashes["endpoints"];
  ASSERT_EQ(listed.size(), 1u);
  const auto& [name, entry] = *listed.begin();
  EXPECT_EQ(name, token_fingerprint::of("webhook:default:https://hooks.example", url).text());
  EXPECT_TRUE(entry.starts_with(
      R"({"scope":"webhook:default:https://hooks.example","url":"https://hooks.example/in",)"
      R"("tenant":"default","reason":"gone","at":)"))
      << entry;
}

}  // namespace
}  // namespace dispatch
