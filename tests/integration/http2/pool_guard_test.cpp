// Where a pool connects to when the host is a stranger's choice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "core/policy/address_guard.hpp"
#include "pool_harness.hpp"
#include "tests/support/http1_test_server.hpp"
#include "transport/name_lookup.hpp"

namespace dispatch::http2::test {
namespace {

using dispatch::test::http1_test_server;
using ::testing::HasSubstr;

std::shared_ptr<const address_guard> guard(const std::vector<std::string>& allowed = {}) {
  std::vector<ip_network> networks;
  networks.reserve(allowed.size());
  for (const auto& each : allowed) networks.push_back(ip_network::parse(each).value());
  return std::make_shared<const address_guard>(std::move(networks));
}

/// A name server whose answer is another each time: the rebinding attack.
class changing_names final : public name_lookup {
 public:
  explicit changing_names(std::vector<std::vector<std::string>> answers) : answers_(std::move(answers)) {}

  void look_up(std::string host, std::function<void(name_found)> then,
               std::shared_ptr<std::atomic<bool>>) override {
    name_found found;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& each : answers_.at(std::min(asked_.size(), answers_.size() - 1)))
        found.addresses.push_back(ip_address::parse(each).value());
      asked_.push_back(std::move(host));
    }
    then(std::move(found));
  }
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::vector<std::string>> answers_;
  std::vector<std::string> asked_;
};

struct two_servers {
  // One port on two addresses: only the address tells them apart.
  http1_test_server vetted{authority(), {.address = "127.0.0.2", .names = {"DNS:rebind.example"}}};
  http1_test_server inner{authority(),
                          {.address = "127.0.0.1", .port = vetted.port(), .names = {"DNS:rebind.example"}}};
  std::string url = "https://rebind.example:" + std::to_string(vetted.port());
};

TEST(pool_guard, every_spelling_of_a_loopback_address_is_refused) {
  http1_test_server server(authority(), {.tls = false});
  const auto port = ":" + std::to_string(server.port());
  for (const char* host :
       {"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
        "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0", "0.0.0.0", "[::]",
        "[64:ff9b::7f00:1]", "[2002:7f00:1::]"}) {
    for (const bool own_lookup : {true, false}) {
      pool_harness client(std::string("http://") + host + port, [&](pool_options& options) {
        options.allow_http = options.http1 = true;
        options.guard = guard();
        if (own_lookup) options.names = make_system_lookup({.threads = 1});
      });
      client.submit(3);
      client.expect_all();
      EXPECT_EQ(client.count(failure::address_refused), 3U) << host;
      EXPECT_EQ(client.events(connection_event::address_refused), 1U) << host;
      EXPECT_EQ(client.events(connection_event::connect_failed), 0U) << host;
    }
  }
  EXPECT_EQ(server.accepted(), 0U);
}

TEST(pool_guard, allowed_network_is_connected_to) {
  http1_test_server server(authority());
  for (const char* host : {"127.0.0.1", "localhost"}) {
    pool_harness client("https://" + std::string(host) + ":" + std::to_string(server.port()),
                        [](pool_options& options) {
                          options.http1 = true;
                          options.guard = guard({"127.0.0.0/8", "::1"});
                          options.names = make_system_lookup({.threads = 1});
                        });
    client.submit(1);
    EXPECT_EQ(client.only().status, 200) << host;
  }
}

TEST(pool_guard, connects_to_the_address_that_was_looked_at) {
  two_servers servers;
  const auto names =
      std::make_shared<changing_names>(std::vector<std::vector<std::string>>{{"127.0.0.2"}, {"127.0.0.1"}});
  pool_harness client(servers.url, [&](pool_options& options) {
    options.http1 = true;
    options.guard = guard({"127.0.0.2"});
    options.names = names;
  });
  client.submit(1);
  EXPECT_EQ(client.only().status, 200);
  EXPECT_EQ(names->asked(), std::vector<std::string>{"rebind.example"}) << "looked up once a connection";
  ASSERT_EQ(servers.vetted.ledger().size(), 1U);
  EXPECT_EQ(servers.vetted.ledger()[0].headers.at("host"),
            "rebind.example:" + std::to_string(servers.vetted.port()));

  client.on_thread([](pool& it) { it.renew_connections(); });
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count(failure::address_refused), 1U);
  EXPECT_THAT(client.details(connection_event::address_refused), HasSubstr("127.0.0.1 is loopback"));
  EXPECT_EQ(servers.inner.accepted(), 0U);
}

TEST(pool_guard, one_bad_address_among_good_ones_refuses_all) {
  two_servers servers;
  for (const auto& answer :
       {std::vector<std::string>{"127.0.0.2", "127.0.0.1"}, std::vector<std::string>{"127.0.0.2", "::1"},
        std::vector<std::string>{"127.0.0.2", "64:ff9b::a00:1"}}) {
    pool_harness client(servers.url, [&](pool_options& options) {
      options.http1 = true;
      options.guard = guard({"127.0.0.2"});
      options.names = std::make_shared<changing_names>(std::vector<std::vector<std::string>>{answer});
    });
    client.submit(1);
    EXPECT_EQ(client.only().failure, failure::address_refused);
  }
  EXPECT_EQ(servers.vetted.accepted(), 0U);
  EXPECT_EQ(servers.inner.accepted(), 0U);
}

TEST(pool_guard, next_request_looks_the_name_up_again) {
  two_servers servers;
  const auto names =
      std::make_shared<changing_names>(std::vector<std::vector<std::string>>{{"127.0.0.1"}, {"127.0.0.2"}});
  pool_harness client(servers.url, [&](pool_options& options) {
    options.http1 = true;
    options.guard = guard({"127.0.0.2"});
    options.names = names;
  });
  client.submit(2);
  client.expect_all();
  EXPECT_EQ(client.count(failure::address_refused), 2U);
  EXPECT_EQ(names->asked().size(), 1U) << "not tried again by itself";
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 1U);
}

TEST(pool_guard, redirect_is_an_answer_and_not_followed) {
  http1_test_server inner(authority(), {.tls = false});
  http1_test_server server(authority(), {}, [&](const dispatch::test::h1_request&) {
    return dispatch::test::h1_reply{"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:" +
                                    std::to_string(inner.port()) + "/\r\nContent-Length: 0\r\n\r\n"};
  });
  pool_harness client("https://localhost:" + std::to_string(server.port()),
                      [](pool_options& options) { options.http1 = true; });
  client.submit(1);
  EXPECT_EQ(client.only().status, 307);
  EXPECT_EQ(inner.accepted(), 0U);
}

TEST(name_lookup, unknown_name_is_an_error) {
  std::promise<name_found> answer;
  const auto names = make_system_lookup({.threads = 1});
  names->look_up("does-not-exist.invalid", [&](name_found found) { answer.set_value(std::move(found)); });
  const auto found = answer.get_future().get();
  EXPECT_TRUE(found.addresses.empty());
  EXPECT_NE(found.error, "");
}

TEST(name_lookup, question_beyond_the_limit_fails_at_once) {
  std::promise<void> held, reached;
  const auto names = make_system_lookup({.threads = 1, .max_waiting = 0});
  names->look_up("127.1", [&](const name_found&) {
    reached.set_value();
    held.get_future().wait();
  });
  reached.get_future().wait();
  std::string error;
  names->look_up("127.1", [&](const name_found& found) { error = found.error; });
  EXPECT_EQ(error, "too many look-ups");
  std::optional<shortage> lacking;
  names->look_up("127.1", [&](const name_found& found) { lacking = found.lacking; });
  EXPECT_EQ(lacking, shortage::lookups) << "nobody's fault but ours";
  held.set_value();
}

}  // namespace
}  // namespace dispatch::http2::test
