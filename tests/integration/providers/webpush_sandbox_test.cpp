// Web Push from a rendered job to the browser: adapter, encryption on its threads, VAPID and HTTP/2 against
// the sandbox's push service, which shares no code with them.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "actors/http2_channel.hpp"
#include "actors/sealing_channel.hpp"
#include "actors/webpush_kit.hpp"
#include "sandbox_process.hpp"
#include "tests/integration/providers/control_port.hpp"
#include "tests/unit/providers/support.hpp"
#include "transport/providers/webpush/vapid_credential.hpp"
#include "transport/providers/webpush/webpush_adapter.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

epoch_ms system_now() {
  return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
}

class webpush_sandbox : public ::testing::Test {
 protected:
  void SetUp() override { open("vapid_key_file"); }
  void TearDown() override { channel_->close(); }

  void open(const char* key) {
    const auto made =
        vapid_identity::make(read_file(sandbox_.text("webpush", key)), sandbox_.text("webpush", "subject"));
    ASSERT_TRUE(std::holds_alternative<std::shared_ptr<const vapid_identity>>(made));
    identity_ = std::get<0>(made);
    http2_channel_options options;
    options.pool.endpoint = origin();
    options.pool.ca_file = sandbox_.endpoints().at("ca_file").as_string();
    options.make_credential = [identity = identity_, origin = origin(), after = timer_on(*thread_)] {
      return make_vapid_credential(identity, origin, system_now, after);
    };
    const auto completed = [this](const completion_batch_ptr& batch) { take(*batch); };
    channel_callbacks calls;
    calls.completed = completed;
    calls.connection = [](connection_event, const std::string&) {};
    calls.credential_failed = [](const std::string& error) { ADD_FAILURE() << error; };
    auto inner = std::make_shared<http2_channel>(thread_, std::move(options), std::move(calls));
    auto pool =
        std::make_shared<sealing_pool>(sealing_pool::options{.threads = 2, .make_seal = make_webpush_seal});
    channel_.emplace(0, std::move(inner), std::move(pool), completed);
  }

  std::string origin() { return std::string(sandbox_.endpoints().at("https").as_string()); }

  json::object command(const std::string& method, const std::string& path, const std::string& body = {}) {
    return control(std::string(sandbox_.endpoints().at("control").as_string()), method, path, body);
  }

  /// Tokens of new subscriptions, which become recipients of the next send().
  std::vector<std::string> subscribe(const std::string& members) {
    std::vector<std::string> tokens;
    const auto made = command("POST", "/subscriptions", members);
    for (const auto& each : made.at("subscriptions").as_array()) {
      recipients_ += (recipients_.empty() ? "" : ",") +
                     (R"({"platform":"web","subscription":)" + json::serialize(each)) + "}";
      const std::string endpoint(each.at("endpoint").as_string());
      tokens.push_back(endpoint.substr(endpoint.rfind('/') + 1));
    }
    return tokens;
  }

  /// Every recipient's verdict by position; local ends as they are.
  std::map<std::uint32_t, verdict> send(const std::string& message) {
    auto work = std::make_shared<run>();
    work->document =
        parse_job(R"({"id":"j","message":)" + message + R"(,"recipients":[)" + recipients_ + "]}");
    recipients_.clear();
    const auto count = work->document->recipients.size();
    std::vector<outgoing> items(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      auto made = render(*adapter_, *work->document, i);
      EXPECT_EQ(made.status, render_status::ok) << made.detail;
      items[i].item = {work, i};
      items[i].request = std::move(made.request);
      items[i].request.deadline = std::chrono::steady_clock::now() + 20s;
    }
    channel_->submit(std::move(items), {});
    std::unique_lock lock(guard_);
    EXPECT_TRUE(changed_.wait_for(lock, 30s, [&] { return verdicts_.size() == count; }));
    return std::exchange(verdicts_, {});
  }

  void take(const completion_batch& batch) {
    const std::lock_guard lock(guard_);
    for (const auto& each : batch.answers) {
      verdicts_[each.item.position] = adapter_->classify(each.answer, system_now());
      locations_[each.item.position] = adapter_->provider_id(each.answer);
    }
    for (const auto& each : batch.ends) {
      verdict what;
      what.result = each.result;
      what.reason = each.reason;
      verdicts_[each.item.position] = what;
    }
    changed_.notify_all();
  }

  sandbox_process sandbox_;
  std::shared_ptr<io_thread> thread_ = std::make_shared<io_thread>("test-io");
  std::shared_ptr<const vapid_identity> identity_;
  std::unique_ptr<provider_adapter> adapter_ = make_webpush_adapter({.ttl = 1h});
  std::optional<sealing_channel> channel_;
  std::string recipients_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::map<std::uint32_t, verdict> verdicts_;
  std::map<std::uint32_t, std::string> locations_;
};

TEST_F(webpush_sandbox, every_browser_reads_its_own_message) {
  const auto tokens =
      subscribe(R"({"count":300,"application_server_key":")" + identity_->public_key() + "\"}");
  const auto verdicts = send(R"({"title":"Hällo \u2713","data":{"note":"7"}})");
  for (std::uint32_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(verdicts.at(i).counts, verdict::health::success) << verdicts.at(i).reason;
    EXPECT_TRUE(locations_[i].starts_with(origin() + "/message/")) << locations_[i];
  }
  for (const std::uint32_t at : {0u, 150u, 299u}) {
    const auto seen = command("GET", "/subscriptions/" + tokens[at]);
    EXPECT_EQ(seen.at("received").to_number<int>(), 1);
    const auto& last = seen.at("last").as_object();
    const std::string key(dedupe_key::of("default", "j", at).text());
    EXPECT_EQ(last.at("payload").as_string(), R"({"title":"Hällo ✓","tag":")" + key +
                                                  R"(","data":{"note":"7","dispatch_id":")" + key + "\"}}");
    EXPECT_EQ(last.at("ttl").as_string(), "3600");
    EXPECT_EQ(last.at("urgency").as_string(), "");
    EXPECT_EQ(last.at("topic").as_string().size(), 32u);
  }
}

TEST_F(webpush_sandbox, tells_dead_subscriptions_and_troubles_apart) {
  for (const auto* prefix : {"dead-", "notatoken-", "flaky429-1-", "flaky503-1-", "html500-", "reset-"})
    subscribe(R"({"prefix":")" + std::string(prefix) + "\"}");
  subscribe(R"({"application_server_key":"BAAA"})");
  recipients_ += R"(,{"platform":"web","subscription":{"endpoint":")" + origin() +
                 R"(/webpush/x","keys":{"p256dh":"AAAA","auth":"AAAA"}}})";
  const auto verdicts = send(R"({"title":"Hi"})");
  EXPECT_EQ(verdicts.at(0).reason, "gone");
  EXPECT_EQ(verdicts.at(1).reason, "not_found");
  EXPECT_EQ(verdicts.at(2).reason, "too_many_requests");
  EXPECT_EQ(verdicts.at(2).retry_after, 1s);
  EXPECT_EQ(verdicts.at(3).reason, "http_503");
  EXPECT_EQ(verdicts.at(4).reason, "http_500");
  EXPECT_EQ(verdicts.at(5).reason, "reset");
  EXPECT_EQ(verdicts.at(6).reason, "vapid_key_mismatch");
  EXPECT_EQ(verdicts.at(6).result, outcome::quarantined);
  EXPECT_EQ(verdicts.at(7).reason, "invalid_subscription");
  EXPECT_EQ(verdicts.at(7).result, outcome::failed);
}

}  // namespace
}  // namespace dispatch::testing
