// Signed webhooks against the sandbox, which checks signatures with code of its own, at its HTTP/2 and its
// HTTP/1.1 port.

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "sandbox_process.hpp"
#include "tests/unit/providers/support.hpp"
#include "transport/http2/pool.hpp"
#include "transport/io_thread.hpp"
#include "transport/providers/webhook/webhook_adapter.hpp"
#include "transport/providers/webhook/webhook_headers.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;

std::vector<webhook_secret> secrets_in(const std::string& text) {
  return std::get<std::vector<webhook_secret>>(parse_webhook_secrets(text));
}

class webhook_sandbox : public ::testing::TestWithParam<const char*> {
 protected:
  std::string url(const std::string& name) const { return sandbox_.text("webhook", GetParam()) + name; }

  verdict post(const std::string& name) {
    const auto source = job_for(R"({"platform":"webhook","url":")" + url(name) + "\"}",
                                R"("message":{"title":"Shared","data":{"note":"7"}})");
    auto made = render(*adapter_, *source);
    EXPECT_EQ(made.status, render_status::ok) << made.detail;
    made.request.shared = make_webhook_headers()->current();
    made.request.deadline = std::chrono::steady_clock::now() + 500ms;

    http2::pool_options options;
    options.endpoint = adapter_->origin_of(source->recipients[0]);
    options.ca_file = sandbox_.endpoints().at("ca_file").as_string();
    options.http1 = true;
    std::promise<provider_answer> answered;
    auto future = answered.get_future();
    auto connections = std::make_unique<http2::pool>(
        thread_, options,
        http2::pool_callbacks{
            .completed =
                [&](std::vector<provider_answer>&& done) { answered.set_value(std::move(done.front())); },
            .event = [](connection_event, const std::string&) {}});
    thread_.post([&] {
      std::vector<provider_request> one;
      one.push_back(std::move(made.request));
      connections->submit(std::move(one));
    });
    const auto answer = future.get();
    thread_.run([&] { connections.reset(); });
    return adapter_->classify(answer, 0ms);
  }

  sandbox_process sandbox_;
  io_thread thread_{"test-io"};
  std::shared_ptr<webhook_keys> keys_ =
      std::make_shared<webhook_keys>(secrets_in(read_file(sandbox_.text("webhook", "secret_file"))));
  std::unique_ptr<provider_adapter> adapter_ = make_webhook_adapter({.keys = keys_});
};

INSTANTIATE_TEST_SUITE_P(, webhook_sandbox, ::testing::Values("url", "http1_url"));

TEST_P(webhook_sandbox, takes_what_is_signed_with_its_secret) {
  EXPECT_EQ(post("hook").result, outcome::delivered);
  const auto shared = read_file(sandbox_.text("webhook", "secret_file"));
  keys_->replace(secrets_in("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n" + shared));
  EXPECT_EQ(post("hook").result, outcome::delivered) << "while secrets change";
  keys_->replace(secrets_in("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  EXPECT_EQ(post("hook").reason, "http_4xx") << "another secret";
}

TEST_P(webhook_sandbox, answers_as_receivers_in_trouble_do) {
  EXPECT_EQ(post("dead-1").result, outcome::invalid_token);
  EXPECT_EQ(post("redirect-1").reason, "redirect");
  EXPECT_EQ(post("flaky503-1-x").reason, "http_503");
  EXPECT_EQ(post("flaky503-1-x").result, outcome::delivered);
  const auto slow_down = post("flaky429-1-y");
  EXPECT_EQ(slow_down.hold, verdict::scope_hold::scope);
  EXPECT_EQ(slow_down.retry_after, 1s);
  EXPECT_EQ(post("slow-50-z").result, outcome::delivered);
  EXPECT_EQ(post("hang-1").reason, "timeout");
  EXPECT_TRUE(post("reset-1").outcome_unknown);
}

}  // namespace
}  // namespace dispatch::testing
