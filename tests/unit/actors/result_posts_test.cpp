// What tenants are posted of their jobs: what, in how many posts, when, and never about the posts themselves.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "core/job/job_parser.hpp"
#include "tests/support/virtual_engine.hpp"
#include "transport/providers/webhook/webhook_adapter.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using ::testing::IsEmpty;

constexpr auto url = "https://tenant.example/results";

class result_webhooks : public ::testing::Test {
 protected:
  void start(posted_results which, std::function<void(settings&)> more = {}) {
    engine_ = std::make_unique<virtual_engine>([&](settings& config) {
      config.platforms.served_by[index_of(platform::webhook)] = provider::webhook;
      config.webhook.emplace_back();
      config.tenants.emplace_back();
      config.tenants[0].results_url = url;
      config.tenants[0].results = which;
      if (more) more(config);
    });
    engine_->on_origin = [this](const std::string&, scripted_channel& way) { way.answer = answer; };
  }
  void finish(std::chrono::milliseconds most = 60s) {
    ASSERT_TRUE(engine_->run_until([&] { return engine_->idle(); }, most));
  }
  /// Bodies of that type which the receiver took, in order.
  std::vector<json::object> posts(std::string_view type) {
    std::vector<json::object> all;
    for (const auto& row : engine_->webhooks()) {
      if (row.status != 200 || !row.path.starts_with(url)) continue;
      auto body = json::parse(row.body).as_object();
      if (body["type"].as_string() == type) all.push_back(body["data"].as_object());
    }
    return all;
  }
  std::vector<json::object> outcomes() {
    std::vector<json::object> all;
    for (auto& post : posts("job.outcomes"))
      for (auto& each : post["outcomes"].as_array()) all.push_back(each.as_object());
    return all;
  }
  static std::string text(const json::object& in, std::string_view name) {
    const auto* found = in.if_contains(name);
    return found ? json::value_to<std::string>(*found) : std::string();
  }
  std::uint64_t open() { return engine_->world().posts("open"); }

  std::function<provider_answer(const seen_request&)> answer = [](const seen_request&) {
    return scripted_channel::status(200);
  };
  std::unique_ptr<virtual_engine> engine_;
};

std::vector<std::pair<platform, std::string>> androids(std::size_t count) {
  std::vector<std::pair<platform, std::string>> to;
  for (std::size_t i = 0; i < count; ++i) to.emplace_back(platform::android, "t" + std::to_string(i));
  return to;
}

TEST_F(result_webhooks, every_outcome_is_posted_once_and_the_completion_with_its_counts) {
  start(posted_results::all);
  engine_->fcm().answer = [](const seen_request& request) {
    return request.token == "t7" ? scripted_channel::unregistered() : scripted_channel::status(200);
  };
  engine_->add(lane::normal, job_document("j", androids(1'000)));
  finish();
  std::map<std::uint64_t, std::string> ends;
  for (const auto& each : outcomes()) {
    const auto index = json::value_to<std::uint64_t>(each.at("index"));
    EXPECT_TRUE(ends.emplace(index, text(each, "outcome")).second) << index << " twice";
    EXPECT_EQ(text(each, "platform"), "android");
    EXPECT_EQ(json::value_to<int>(each.at("attempts")), 1);
    EXPECT_GT(json::value_to<std::int64_t>(each.at("at")), 1'700'000'000'000);
    EXPECT_EQ(text(each, "reason"), index == 7 ? "unregistered" : "");
  }
  ASSERT_EQ(ends.size(), 1'000u);
  for (const auto& [index, outcome] : ends)
    ASSERT_EQ(outcome, index == 7 ? "invalid_token" : "delivered") << index;
  const auto done = posts("job.completed");
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(text(done[0], "job_id"), "j");
  EXPECT_EQ(text(done[0], "state"), "done");
  EXPECT_EQ(json::value_to<int>(done[0].at("total")), 1'000);
  EXPECT_EQ(json::value_to<int>(done[0].at("counts").at("delivered")), 999);
  EXPECT_EQ(json::value_to<int>(done[0].at("counts").at("invalid_token")), 1);
  EXPECT_EQ(done[0].at("counts").as_object().size(), outcome_count);
  EXPECT_GE(json::value_to<std::int64_t>(done[0].at("finished_at")),
            json::value_to<std::int64_t>(done[0].at("created_at")));
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(engine_->depth("outbox"), 0u);
}

TEST_F(result_webhooks, a_post_holds_128_outcomes_at_most) {
  start(posted_results::all);
  engine_->add(lane::normal, job_document("j", androids(1'000)));
  engine_->run_for(20ms);
  engine_->world().writes_fail = true;
  engine_->run_for(1s);
  engine_->world().writes_fail = false;
  finish();
  std::size_t most = 0;
  for (auto& post : posts("job.outcomes")) most = std::max(most, post["outcomes"].as_array().size());
  EXPECT_EQ(most, 128u);
  EXPECT_LE(posts("job.outcomes").size(), 12u) << "they are gathered";
}

TEST_F(result_webhooks, never_name_a_token) {
  start(posted_results::all);
  engine_->add(lane::normal, job_document("j", {{platform::android, "secret-token"}}));
  finish();
  ASSERT_EQ(engine_->webhooks().size(), 2u);
  for (const auto& row : engine_->webhooks()) EXPECT_EQ(row.body.find("secret-token"), std::string::npos);
}

TEST_F(result_webhooks, failures_leave_out_what_was_delivered) {
  start(posted_results::failures);
  engine_->fcm().answer = [](const seen_request& request) {
    return request.token == "t1" ? scripted_channel::unregistered() : scripted_channel::status(200);
  };
  engine_->add(lane::normal, job_document("j", androids(3)));
  engine_->add(lane::normal, job_document("good", {{platform::android, "g"}}));
  finish();
  const auto told = outcomes();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(json::value_to<int>(told[0].at("index")), 1);
  EXPECT_EQ(posts("job.completed").size(), 2u);
}

TEST_F(result_webhooks, completion_alone_tells_of_no_recipient) {
  start(posted_results::completion);
  engine_->add(lane::normal, job_document("j", androids(3)));
  finish();
  EXPECT_THAT(outcomes(), IsEmpty());
  EXPECT_EQ(posts("job.completed").size(), 1u);
}

TEST_F(result_webhooks, a_job_without_a_record_has_outcomes_and_no_completion) {
  start(posted_results::all);
  const auto entry = engine_->add(lane::high, job_document("", {{platform::android, "a"}}));
  finish();
  const auto told = posts("job.outcomes");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(text(told[0], "job_id"), "high-" + entry);
  EXPECT_THAT(posts("job.completed"), IsEmpty());
}

TEST_F(result_webhooks, of_other_tenants_nothing_is_posted) {
  start(posted_results::all);
  engine_->add(lane::normal, job_document("j", androids(3), "\"tenant\":\"other\","));
  finish();
  EXPECT_TRUE(engine_->webhooks().empty());
  EXPECT_EQ(engine_->world().streams.count("outbox"), 1u);
  EXPECT_EQ(engine_->world().hashes.count("outbox:state"), 0u);
}

TEST_F(result_webhooks, are_tried_again_under_the_same_id_and_with_the_same_body) {
  answer = [](const seen_request& request) {
    return scripted_channel::status(request.attempt < 3 ? 503 : 200);
  };
  start(posted_results::completion, [](settings& config) { config.webhook[0].schedule = {2s, 10s}; });
  engine_->add(lane::normal, job_document("j", androids(2)));
  finish(120s);
  const auto& rows = engine_->webhooks();
  ASSERT_EQ(rows.size(), 3u);
  for (const auto& row : rows) {
    EXPECT_EQ(row.dedupe, rows[0].dedupe);
    EXPECT_EQ(row.body, rows[0].body);
  }
  EXPECT_EQ(open(), 0u);
}

TEST_F(result_webhooks, that_nobody_takes_become_dead_letters_and_tell_of_themselves_nowhere) {
  answer = [](const seen_request&) { return scripted_channel::status(503); };
  start(posted_results::all, [](settings& config) {
    config.webhook[0].schedule = {100ms};
    config.results.level = results_level::all;
  });
  engine_->add(lane::normal, job_document("j", {{platform::android, "a"}}));
  finish(3min);
  EXPECT_EQ(engine_->depth("dead"), 2u) << "its outcome and its completion";
  for (const auto& [id, letter] : engine_->world().streams["dead"].entries)
    EXPECT_NE(field(letter, "job").find(url), std::string::npos);
  EXPECT_EQ(engine_->depth("results"), 2u) << "of the job: its recipient and its end";
  EXPECT_EQ(open(), 0u);
}

TEST_F(result_webhooks, an_endpoint_that_is_gone_is_disabled_as_any_other) {
  answer = [](const seen_request&) { return scripted_channel::status(410); };
  start(posted_results::completion);
  engine_->add(lane::normal, job_document("one", {{platform::android, "a"}}));
  finish();
  EXPECT_EQ(engine_->world().hashes["endpoints"].size(), 1u);
  engine_->run_for(5s);
  engine_->add(lane::normal, job_document("two", {{platform::android, "a"}}));
  finish();
  EXPECT_EQ(engine_->webhooks().size(), 1u);
  EXPECT_EQ(open(), 0u);
}

TEST_F(result_webhooks, need_no_app_that_the_tenant_may_use) {
  start(posted_results::all, [](settings& config) { config.tenants[0].apps = {"other"}; });
  engine_->add(lane::normal, job_document("j", {{platform::android, "a"}}));
  finish();
  const auto told = outcomes();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(text(told[0], "reason"), "app_not_allowed");
  EXPECT_EQ(posts("job.completed").size(), 1u);
}

/// As the provider's adapter makes it of an entry of the outbox.
json::object rendered(const std::string& document) {
  job_parser parser;
  auto parsed = parser.parse(document);
  if (const auto* refused = std::get_if<job_error>(&parsed)) {
    ADD_FAILURE() << refused->pointer << ": " << refused->message << "\n" << document;
    return {};
  }
  const auto& job = *std::get<std::unique_ptr<dispatch::job>>(parsed);
  webhook_options options;
  options.keys = std::make_shared<webhook_keys>(std::get<std::vector<webhook_secret>>(
      parse_webhook_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr")));
  const auto adapter = make_webhook_adapter(options);
  const auto compiled = adapter->compile(job, platform::webhook);
  provider_request request;
  std::string detail;
  const auto key = dedupe_key::of(job.tenant, "results-1-0", 0);
  const auto status = adapter->render(*compiled, job, job.recipients.at(0), key, request, detail);
  EXPECT_EQ(status, render_status::ok) << detail;
  return json::parse(request.body).as_object();
}

TEST_F(result_webhooks, texts_arrive_as_they_are_also_those_that_look_like_variables) {
  start(posted_results::all);
  engine_->world().paused[index_of(lane::results)] = true;
  engine_->run_for(3s);
  const std::string strange = R"({{name}} {{{{x}}{ "q" \ ü {)";
  const json::object who{{"platform", "android"}, {"token", "a"}, {"id", strange}};
  const json::object job{{"id", "j"}, {"message", {{"title", "t"}}}, {"recipients", json::array{who}}};
  engine_->world().add("jobs", {{"job", json::serialize(job)}, {"correlation_id", "c {{braces}}"}});
  engine_->run_for(3s);
  std::map<std::string, json::object> bodies;
  for (const auto& [id, entry] : engine_->world().streams["outbox"].entries) {
    auto body = rendered(field(entry, "job"));
    const auto type = text(body, "type");
    EXPECT_EQ(text(body, "timestamp").size(), 24u) << "when it happened, not when it is sent";
    bodies[type] = std::move(body["data"].as_object());
  }
  ASSERT_EQ(bodies.size(), 2u);
  const auto& told = bodies["job.outcomes"];
  EXPECT_EQ(text(told.at("outcomes").at(0).as_object(), "recipient_id"), strange);
  for (const auto& [type, data] : bodies) {
    EXPECT_EQ(text(data, "correlation_id"), "c {{braces}}");
    EXPECT_EQ(text(data, "job_id"), "j");
    EXPECT_EQ(text(data, "tenant"), "default");
    EXPECT_FALSE(data.contains("recipient_id"));
  }
  EXPECT_EQ(json::value_to<int>(bodies["job.completed"].at("counts").at("delivered")), 1);
}

TEST_F(result_webhooks, of_an_audience_come_from_all_its_windows) {
  start(posted_results::all);
  auto& list = engine_->world().lists["audience:default:digest"];
  for (std::size_t i = 0; i < 2'500; ++i)
    list.push_back(recipient_document(platform::ios, "i" + std::to_string(i)));
  engine_->add(lane::bulk, R"({"id":"j","message":{"title":"t"},"audience":"digest"})");
  finish();
  std::vector<bool> told(2'500);
  for (const auto& each : outcomes()) told.at(json::value_to<std::size_t>(each.at("index"))) = true;
  EXPECT_EQ(std::count(told.begin(), told.end(), true), 2'500);
  ASSERT_EQ(posts("job.completed").size(), 1u);
  EXPECT_EQ(json::value_to<int>(posts("job.completed")[0].at("counts").at("delivered")), 2'500);
}

TEST_F(result_webhooks, begin_and_end_with_a_reload) {
  start(posted_results::all);
  engine_->reload([](settings& config) { config.tenants.clear(); });
  engine_->add(lane::normal, job_document("before", androids(2)));
  finish();
  EXPECT_TRUE(engine_->webhooks().empty());
  engine_->run_for(5s);
  engine_->reload([](settings& config) {
    config.tenants.emplace_back();
    config.tenants[0].results_url = url;
  });
  engine_->add(lane::normal, job_document("after", androids(2)));
  finish();
  ASSERT_EQ(posts("job.completed").size(), 1u);
  EXPECT_EQ(text(posts("job.completed")[0], "job_id"), "after");
}

TEST_F(result_webhooks, left_from_an_earlier_configuration_are_still_posted) {
  start(posted_results::completion);
  engine_->world().paused[index_of(lane::results)] = true;
  engine_->run_for(3s);
  engine_->add(lane::normal, job_document("j", androids(2)));
  engine_->run_for(3s);
  EXPECT_EQ(engine_->depth("outbox"), 1u) << "the lane is paused";
  EXPECT_TRUE(engine_->webhooks().empty());
  engine_->reload([](settings& config) { config.tenants.clear(); });
  engine_->run_for(3s);
  engine_->world().paused[index_of(lane::results)] = false;
  engine_->world().tell({{"kind", "lane_resume"}, {"lane", "results"}});
  finish();
  EXPECT_EQ(posts("job.completed").size(), 1u);
}

TEST_F(result_webhooks, left_over_when_nobody_has_any_posted_are_found_by_a_sample) {
  start(posted_results::all, [](settings& config) { config.tenants.clear(); });
  engine_->run_for(3s);
  engine_->world().add("outbox", {{"job", webhook_document("", {url})}});
  engine_->run_for(1s);
  EXPECT_TRUE(engine_->webhooks().empty()) << "with nobody to post to, the lane is not even read";
  finish();
  EXPECT_EQ(engine_->webhooks().size(), 1u);
}

TEST_F(result_webhooks, nobody_else_has_a_webhook_signed_that_says_it_is_one) {
  start(posted_results::completion);
  for (const std::string type : {"job.completed", "job.outcomes", "other"}) {
    engine_->add(lane::normal, R"({"message":{"title":"T"},"overrides":{"webhook":{"type":")" + type +
                                   R"("}},"recipients":[{"platform":"webhook","url":")" + url + R"("}]})");
  }
  finish();
  EXPECT_EQ(engine_->webhooks().size(), 1u) << "the other one";
  EXPECT_EQ(engine_->depth("dead"), 2u);
}

}  // namespace
}  // namespace dispatch
