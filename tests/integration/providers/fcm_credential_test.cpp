// The OAuth credential against a token endpoint over real TLS and HTTP/2.

#include "transport/providers/fcm_credential.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "tests/support/h2_test_server.hpp"
#include "tests/unit/providers/jws_verifier.hpp"
#include "tests/unit/providers/rfc7515_keys.hpp"
#include "transport/io_thread.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;
using headers = std::shared_ptr<const header_list>;
using connection = test::h2_test_server::connection_ptr;

constexpr auto grant = R"({"access_token":"ya29.real","expires_in":3599,"token_type":"Bearer"})";
constexpr auto patience = 20s;

struct outcome_of_await {
  headers got;
  std::string error;
};

class fcm_credential_over_tls : public ::testing::Test {
 protected:
  ~fcm_credential_over_tls() override {
    thread_.run([this] { made_.reset(); });
  }

  void start(test::h2_test_server::request_handler handler, fcm_credential_options options = {}) {
    server_.emplace(authority_, test::h2_server_options{}, std::move(handler));
    service_account account{
        .project_id = "duru",
        .private_key_id = "k1",
        .private_key = rfc7515_rsa_key,
        .client_email = "s@duru.example",
        .token_uri = "https://localhost:" + std::to_string(server_->port()) + "/oauth/token"};
    if (options.ca_file.empty()) options.ca_file = authority_.file();
    auto result = make_fcm_credential(thread_, std::move(account), options);
    auto* made = std::get_if<std::unique_ptr<credential>>(&result);
    ASSERT_NE(made, nullptr) << std::get<std::string>(result);
    made_ = std::move(*made);
  }

  outcome_of_await await() {
    auto promise = std::make_shared<std::promise<outcome_of_await>>();
    thread_.post([this, promise] {
      made_->await([promise](headers got, const std::string& error) { promise->set_value({got, error}); });
    });
    auto future = promise->get_future();
    if (future.wait_for(patience) == std::future_status::ready) return future.get();
    ADD_FAILURE() << "no call";
    return {};
  }

  test::certificate_authority authority_;
  std::optional<test::h2_test_server> server_;
  io_thread thread_{"test-io"};
  std::unique_ptr<credential> made_;
};

TEST_F(fcm_credential_over_tls, posts_the_form_and_takes_the_token) {
  start([](const connection& peer, const test::h2_request& request) {
    peer->answer(request.stream, 200, {{"content-type", "application/json"}}, grant);
  });
  const auto result = await();
  ASSERT_NE(result.got, nullptr) << result.error;
  EXPECT_EQ(result.got->front().second, "Bearer ya29.real");
  const auto ledger = server_->ledger();
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].path, "/oauth/token");
  EXPECT_EQ(ledger[0].headers.at("content-type"), "application/x-www-form-urlencoded");
  const auto at = ledger[0].body.find("&assertion=");
  ASSERT_NE(at, std::string::npos);
  EXPECT_TRUE(verifies(ledger[0].body.substr(at + 11), rfc7515_rsa_key));
  const auto again = await();
  EXPECT_EQ(again.got, result.got);
  EXPECT_EQ(server_->ledger().size(), 1u) << "cached";
}

TEST_F(fcm_credential_over_tls, tries_again_until_the_endpoint_is_well) {
  const auto count = std::make_shared<std::atomic<int>>(0);
  start(
      [count](const connection& peer, const test::h2_request& request) {
        switch ((*count)++) {
          case 0:
            return peer->answer(request.stream, 503, {}, "<html>busy</html>");
          case 1:
            return peer->reset(request.stream, 2);
          case 2:
            return peer->abort();
          default:
            return peer->answer(request.stream, 200, {}, grant);
        }
      },
      {.backoff_base = 10ms, .backoff_cap = 50ms});
  EXPECT_EQ(await().error, "the token endpoint answered 503");
  EXPECT_EQ(await().error, "no answer from the token endpoint: stream reset");
  EXPECT_EQ(await().error, "no answer from the token endpoint: connection lost");
  const auto result = await();
  EXPECT_NE(result.got, nullptr) << result.error;
}

TEST_F(fcm_credential_over_tls, gives_up_on_an_endpoint_that_hangs) {
  start([](const connection&, const test::h2_request&) {}, {.request_timeout = 300ms});
  EXPECT_EQ(await().error, "no answer from the token endpoint: timeout");
}

TEST_F(fcm_credential_over_tls, does_not_trust_a_stranger) {
  const test::certificate_authority other;
  start([](const connection& peer,
           const test::h2_request& request) { peer->answer(request.stream, 200, {}, grant); },
        {.ca_file = other.file(), .request_timeout = 700ms});
  const auto result = await();
  EXPECT_EQ(result.got, nullptr);
  EXPECT_NE(result.error.find("no answer from the token endpoint: "), std::string::npos) << result.error;
  EXPECT_TRUE(server_->ledger().empty());
}

TEST_F(fcm_credential_over_tls, may_be_destroyed_while_a_request_is_under_way) {
  std::promise<void> arrived;
  start([&](const connection&, const test::h2_request&) { arrived.set_value(); });
  thread_.post([this] { made_->await([](headers, const std::string&) { ADD_FAILURE() << "called"; }); });
  ASSERT_EQ(arrived.get_future().wait_for(patience), std::future_status::ready);
  thread_.run([this] { made_.reset(); });
  thread_.run([] {});
}

}  // namespace
}  // namespace dispatch::testing
