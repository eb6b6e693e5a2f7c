// Who is trusted: nothing may be sent to a peer that is not the one configured.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "pool_harness.hpp"
#include "transport/crypto/client_identity.hpp"

namespace dispatch::http2::test {
namespace {

using ::testing::HasSubstr;

/// The one request must come back unsent, with a TLS failure told.
void expect_refused(const h2_test_server& server, pool_harness& client, const std::string& why) {
  client.submit(1, 300ms);
  EXPECT_EQ(client.only().failure, failure::not_sent);
  EXPECT_GE(client.events(connection_event::tls_failed), 1U);
  EXPECT_EQ(client.events(connection_event::connected), 0U);
  EXPECT_THAT(client.last_detail(), HasSubstr(why));
  EXPECT_TRUE(server.ledger().empty());
}

TEST(pool_tls, name_in_the_certificate_is_accepted) {
  h2_test_server server(authority(), {.names = {"DNS:localhost"}});
  pool_harness client(server);
  client.submit(1);
  EXPECT_EQ(client.only().status, 200);
  EXPECT_EQ(client.events(connection_event::connected), 1U);
}

TEST(pool_tls, address_in_the_certificate_is_accepted) {
  h2_test_server server(authority(), {.names = {"IP:127.0.0.1"}});
  pool_harness client("https://127.0.0.1:" + std::to_string(server.port()));
  client.submit(1);
  EXPECT_EQ(client.only().status, 200);
}

TEST(pool_tls, wrong_name_is_refused) {
  h2_test_server server(authority(), {.names = {"DNS:other.example", "IP:127.0.0.1"}});
  pool_harness client(server);
  expect_refused(server, client, "hostname mismatch");
}

TEST(pool_tls, a_common_name_is_no_name_of_a_host) {
  h2_test_server server(authority(), {.names = {}, .common_name = "localhost"});
  pool_harness client(server);
  expect_refused(server, client, "hostname mismatch");
}

TEST(pool_tls, address_does_not_match_a_name) {
  h2_test_server server(authority(), {.names = {"DNS:localhost", "DNS:127.0.0.1"}});
  pool_harness client("https://127.0.0.1:" + std::to_string(server.port()));
  expect_refused(server, client, "IP address mismatch");
}

TEST(pool_tls, unknown_authority_is_refused) {
  const certificate_authority stranger;
  h2_test_server server(stranger);
  pool_harness client(server);
  expect_refused(server, client, "");
}

TEST(pool_tls, systems_store_does_not_know_a_test_authority) {
  h2_test_server server(authority());
  pool_harness client(server, [](pool_options& options) { options.ca_file.clear(); });
  expect_refused(server, client, "");
}

TEST(pool_tls, peer_without_h2_is_refused) {
  h2_test_server server(authority(), {.alpn = false});
  pool_harness client(server);
  expect_refused(server, client, "ALPN");
}

TEST(pool_tls, tls_1_1_is_refused) {
  h2_test_server server(authority(), {.max_tls_version = TLS1_1_VERSION});
  pool_harness client(server);
  expect_refused(server, client, "");
}

TEST(pool_tls, tls_1_2_is_accepted) {
  h2_test_server server(authority(), {.max_tls_version = TLS1_2_VERSION});
  pool_harness client(server);
  client.submit(1);
  EXPECT_EQ(client.only().status, 200);
}

TEST(pool_tls, unreadable_ca_file_fails_at_construction) {
  io_thread thread("test-io");
  pool_options options;
  options.endpoint = "https://localhost:1";
  options.ca_file = "/nonexistent/ca.pem";
  EXPECT_THROW(pool(thread, options, {}), std::runtime_error);
}

TEST(pool_tls, bad_endpoint_fails_at_construction) {
  io_thread thread("test-io");
  pool_options options;
  options.endpoint = "http://localhost";
  EXPECT_THROW(pool(thread, options, {}), std::invalid_argument);
}

TEST(pool_tls, second_connection_resumes_the_session) {
  h2_test_server server(authority());
  pool_harness client(server);
  client.submit(1);
  client.expect_all();
  client.on_thread([](pool& it) { it.renew_connections(); });
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 2U);
  EXPECT_EQ(server.accepted(), 2U);
  EXPECT_EQ(server.resumed(), 1U);
}

client_identity_ptr client_named(const std::string& name) {
  const auto made = authority().issue_client(name);
  const auto read = read_client_identity(made.certificate_pem + made.key_pem, "");
  return std::get<client_identity_ptr>(read);
}

TEST(pool_tls, shows_the_certificate_it_has) {
  h2_test_server server(authority(), {.ask_certificate = true});
  pool_harness client(server);
  client.on_thread([&](pool& it) { it.use_identity(client_named("one")); });
  client.submit(3);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 3U);
  EXPECT_EQ(server.clients(), std::vector<std::string>{"one"});
}

TEST(pool_tls, without_a_certificate_is_turned_away_by_who_wants_one) {
  h2_test_server server(authority(), {.ask_certificate = true});
  pool_harness client(server);
  client.submit(1, 300ms);
  EXPECT_EQ(client.only().failure, failure::not_sent);
  EXPECT_GE(client.events(connection_event::tls_failed), 1U);
  EXPECT_TRUE(server.ledger().empty());
}

TEST(pool_tls, another_certificate_takes_a_new_connection_that_resumes_nothing) {
  h2_test_server server(authority(), {.ask_certificate = true});
  pool_harness client(server);
  const auto first = client_named("one");
  client.on_thread([&](pool& it) { it.use_identity(first); });
  client.submit(1);
  client.expect_all();
  client.on_thread([&](pool& it) { it.use_identity(first); });
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(server.accepted(), 1U) << "the same one changes nothing";
  client.on_thread([&](pool& it) { it.use_identity(client_named("two")); });
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 3U);
  EXPECT_EQ(server.clients(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(server.resumed(), 0U);
}

TEST(pool_tls, another_certificate_gives_back_what_waits) {
  h2_test_server server(authority(), {.max_streams = 0});
  pool_harness client(server);
  client.submit(2);
  client.on_thread([](pool& it) { it.use_identity(client_named("one")); });
  client.expect_all();
  EXPECT_EQ(client.count(failure::not_sent), 2U);
}

TEST(pool_tls, peer_that_never_shakes_hands_is_given_up) {
  // The kernel completes the TCP handshake for a listener nobody accepts from.
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor silent(context, {boost::asio::ip::address_v4::loopback(), 0});
  pool_harness client("https://127.0.0.1:" + std::to_string(silent.local_endpoint().port()),
                      [](pool_options& options) { options.tls_timeout = 50ms; });
  client.submit(1, 250ms);
  EXPECT_EQ(client.only().failure, failure::not_sent);
  EXPECT_GE(client.events(connection_event::tls_failed), 1U);
  EXPECT_THAT(client.last_detail(), HasSubstr("timed out"));
}

TEST(pool_tls, peer_that_does_not_begin_with_settings_is_refused) {
  h2_test_server server(authority(), {.send_settings = false});
  pool_harness client(server);
  expect_refused(server, client, "protocol error");
}

TEST(pool_tls, peer_without_settings_is_given_up) {
  h2_test_server server(authority(), {}, {}, [](const connection_ptr& c) { c->stop_answering(); });
  pool_harness client(server, [](pool_options& options) { options.tls_timeout = 100ms; });
  expect_refused(server, client, "SETTINGS");
}

TEST(pool_tls, unknown_name_is_a_connect_failure) {
  pool_harness client("https://does-not-exist.invalid");
  client.submit(1, 300ms);
  EXPECT_EQ(client.only().failure, failure::not_sent);
  EXPECT_TRUE(eventually([&] { return client.events(connection_event::connect_failed) != 0; }));
}

}  // namespace
}  // namespace dispatch::http2::test
