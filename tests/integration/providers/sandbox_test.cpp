// Adapters and credentials against the sandbox, which shares no code with them: it checks tokens, headers and
// bodies by the providers' rules.

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

#include "sandbox_process.hpp"
#include "tests/unit/providers/support.hpp"
#include "transport/http2/pool.hpp"
#include "transport/io_thread.hpp"
#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/apns_credential.hpp"
#include "transport/providers/fcm_adapter.hpp"
#include "transport/providers/fcm_credential.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;
using headers = std::shared_ptr<const header_list>;

epoch_ms system_now() {
  return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
}

class providers_sandbox : public ::testing::Test {
 protected:
  void SetUp() override {
    http2::pool_options options;
    options.endpoint = sandbox_.endpoints().at("https").as_string();
    options.ca_file = sandbox_.endpoints().at("ca_file").as_string();
    pool_.emplace(thread_, options,
                  http2::pool_callbacks{.completed =
                                            [this](std::vector<provider_answer>&& done) {
                                              answer_.set_value(std::move(done.front()));
                                            },
                                        .event = [](connection_event, const std::string&) {}});
  }
  void TearDown() override {
    thread_.run([this] {
      pool_.reset();
      credential_.reset();
    });
  }

  void use_fcm() {
    const auto file = read_file(sandbox_.text("fcm", "service_account_file"));
    auto account = parse_service_account(file);
    ASSERT_TRUE(std::holds_alternative<service_account>(account));
    const auto project = std::get<service_account>(account).project_id;
    EXPECT_EQ(project, sandbox_.text("fcm", "project_id"));
    fcm_credential_options options;
    options.ca_file = sandbox_.endpoints().at("ca_file").as_string();
    auto made = make_fcm_credential(thread_, std::get<service_account>(account), options);
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<credential>>(made));
    credential_ = std::move(std::get<std::unique_ptr<credential>>(made));
    adapter_ = make_fcm_adapter({.project_id = project});
  }

  void use_apns() {
    const apns_key key{.pem = read_file(sandbox_.text("apns", "key_file")),
                       .key_id = sandbox_.text("apns", "key_id"),
                       .team_id = sandbox_.text("apns", "team_id")};
    auto source = apns_token_source::make(key, system_now);
    ASSERT_TRUE(std::holds_alternative<std::shared_ptr<apns_token_source>>(source));
    const auto topic = sandbox_.text("apns", "topic");
    credential_ = make_apns_credential(std::get<0>(source), timer_on(thread_));
    adapter_ = make_apns_adapter({.topic = topic});
  }

  headers await() {
    std::promise<headers> got;
    thread_.post([&] {
      credential_->await([&](headers what, const std::string& error) {
        EXPECT_NE(what, nullptr) << error;
        got.set_value(std::move(what));
      });
    });
    auto future = got.get_future();
    return future.wait_for(20s) == std::future_status::ready ? future.get() : nullptr;
  }

  provider_answer send(const job& source) {
    auto made = render(*adapter_, source);
    EXPECT_EQ(made.status, render_status::ok) << made.detail;
    made.request.correlation = 1;
    made.request.shared = await();
    made.request.deadline = std::chrono::steady_clock::now() + 10s;
    answer_ = {};
    thread_.post([&] {
      std::vector<provider_request> one;
      one.push_back(std::move(made.request));
      pool_->submit(std::move(one));
    });
    auto future = answer_.get_future();
    EXPECT_EQ(future.wait_for(20s), std::future_status::ready);
    return future.get();
  }

  verdict verdict_of(const std::string& platform, const std::string& token, const std::string& rest) {
    const auto source = job_for(R"({"platform":")" + platform + R"(","token":")" + token + "\"}", rest);
    return adapter_->classify(send(*source), system_now());
  }

  sandbox_process sandbox_;
  io_thread thread_{"test-io"};
  std::optional<http2::pool> pool_;
  std::unique_ptr<credential> credential_;
  std::unique_ptr<provider_adapter> adapter_;
  std::promise<provider_answer> answer_;
};

constexpr auto full_message =
    R"("priority":"high","collapse_key":"digest","message":{"title":"Hi","body":"b","image":"https://i",)"
    R"("link":"https://l","badge":1,"sound":"default","data":{"note":"7"}},"overrides":{)"
    R"("android":{"notification":{"channel_id":"news"}},"apns":{"payload":{"aps":{"thread-id":"t"}}}})";

TEST_F(providers_sandbox, takes_fcm_messages_of_every_platform) {
  use_fcm();
  for (const auto* platform : {"android", "ios", "web"}) {
    const auto source =
        job_for(R"({"platform":")" + std::string(platform) + R"(","token":"good-1"})", full_message);
    const auto answer = send(*source);
    EXPECT_EQ(answer.status, 200) << platform << " " << answer.body;
    EXPECT_TRUE(adapter_->provider_id(answer).starts_with("projects/")) << answer.body;
  }
}

TEST_F(providers_sandbox, tells_dead_fcm_tokens_and_troubles_apart) {
  use_fcm();
  EXPECT_EQ(verdict_of("android", "dead-1", full_message).result, outcome::invalid_token);
  EXPECT_EQ(verdict_of("android", "notatoken-1", full_message).result, outcome::invalid_token);
  EXPECT_EQ(verdict_of("android", "flaky503-1-x", full_message).reason, "http_503");
  EXPECT_EQ(verdict_of("android", "flaky429-1-x", full_message).reason, "device_quota");
  EXPECT_EQ(verdict_of("android", "html500-x", full_message).reason, "http_500");
  EXPECT_EQ(verdict_of("android", "fail-403-SENDER_ID_MISMATCH-x", full_message).result,
            outcome::quarantined);
  EXPECT_EQ(verdict_of("android", "fail-429-QUOTA_EXCEEDED-x", full_message).hold,
            verdict::scope_hold::scope);
  EXPECT_EQ(verdict_of("android", "reset-x", full_message).reason, "reset");
}

TEST_F(providers_sandbox, takes_apns_pushes) {
  use_apns();
  const auto source = job_for(R"({"platform":"ios","token":"00fc13adff785122"})", full_message);
  const auto answer = send(*source);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(adapter_->provider_id(answer), key_text()) << "APNs echoes apns-id";
  const auto background = job_for(R"({"platform":"ios","token":"00fc"})", R"("message":{"data":{"k":"v"}})");
  EXPECT_EQ(send(*background).status, 200);
}

TEST_F(providers_sandbox, takes_broadcasts_and_calls) {
  use_apns();
  const auto of_type = [](const std::string& type, const std::string& aps) {
    return R"("message":{},"overrides":{"apns":{"headers":{"apns-push-type":")" + type +
           R"("},"payload":{"aps":{)" + aps + "}}}}";
  };
  const auto channel = job_for(R"({"platform":"ios","channel":"dHN0LXNyY2gtY2hubA=="})",
                               of_type("liveactivity", R"("timestamp":1,"event":"end")"));
  const auto answer = send(*channel);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(adapter_->provider_id(answer), key_text()) << "APNs echoes apns-request-id";
  const auto call = job_for(R"({"platform":"ios","token":"00fc"})", of_type("voip", ""));
  EXPECT_EQ(send(*call).status, 200);
}

TEST_F(providers_sandbox, tells_dead_apns_tokens_and_troubles_apart) {
  use_apns();
  const auto dead = verdict_of("ios", "dead-1", full_message);
  EXPECT_EQ(dead.result, outcome::invalid_token);
  EXPECT_GT(dead.dead_since, 0ms);
  EXPECT_EQ(verdict_of("ios", "notatoken-1", full_message).result, outcome::quarantined);
  EXPECT_EQ(verdict_of("ios", "flaky429-1-x", full_message).reason, "too_many_requests");
  EXPECT_EQ(verdict_of("ios", "fail-503-Shutdown-x", full_message).reason, "shutdown");
  EXPECT_EQ(verdict_of("ios", "fail-403-ExpiredProviderToken-x", full_message).reason,
            "expired_provider_token");
}

}  // namespace
}  // namespace dispatch::testing
