#include "storage/redis_client.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/redis_server.hpp"
#include "tests/support/test_certificates.hpp"

namespace dispatch {
namespace {

redis_client client_of(const std::string& url, const std::string& ca_file = {}) {
  redis_client_options options;
  options.url = url;
  options.ca_file = ca_file;
  options.command_timeout = std::chrono::seconds(5);
  return redis_client(options);
}

TEST(redis_client, talks_over_tcp_and_unix_sockets) {
  auto& server = redis_server::shared();
  for (const auto& url : {server.url() + "/2", server.unix_url()}) {
    auto client = client_of(url);
    EXPECT_EQ(client.command({"SET", "key", "value"}).as_text(), "OK");
    const std::string large(3U << 20U, 'x');
    const auto replies =
        client.pipeline({{"GET", "key"}, {"LPUSH", "key", "x"}, {"ECHO", large}, {"GET", "none"}});
    ASSERT_EQ(replies.size(), 4U);
    EXPECT_EQ(replies[0].as_text(), "value");
    EXPECT_TRUE(replies[1].is_error());
    EXPECT_EQ(replies[2].text, large);
    EXPECT_TRUE(replies[3].is_nil());
    EXPECT_TRUE(client.pipeline({}).empty());
  }
}

TEST(redis_client, logs_in_and_says_when_it_may_not) {
  redis_server server;
  server.client().command({"CONFIG", "SET", "requirepass", "s3cret"});
  const auto host = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(client_of("redis://:s3cret@" + host).command({"PING"}).as_text(), "PONG");
  EXPECT_TRUE(client_of("redis://:wrong@" + host).command({"PING"}).text.starts_with("WRONGPASS"));
  EXPECT_TRUE(client_of("redis://" + host).command({"PING"}).text.starts_with("NOAUTH"));
}

TEST(redis_client, comes_back_after_its_server_did) {
  redis_server server;
  auto client = server.client();
  EXPECT_EQ(client.command({"PING"}).as_text(), "PONG");
  server.kill();
  EXPECT_THROW(client.command({"PING"}), redis_unavailable);
  EXPECT_THROW(client.command({"PING"}), redis_unavailable);
  server.start();
  EXPECT_EQ(client.command({"PING"}).as_text(), "PONG");
}

TEST(redis_client, checks_the_servers_certificate) {
  test::certificate_authority authority;
  test::certificate_authority stranger;
  const auto identity = authority.issue({"IP:127.0.0.1", "DNS:localhost"});
  const auto directory =
      std::filesystem::temp_directory_path() / ("dispatch-tls-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  std::ofstream(directory / "cert.pem") << identity.certificate_pem;
  std::ofstream(directory / "key.pem") << identity.key_pem;
  redis_server server;  // a second port for TLS: the first tells the fixture when it is up
  auto plain = server.client();
  const auto port = redis_server().port();  // free by the time this line ends
  const auto set = plain.command({"CONFIG", "SET", "tls-cert-file", directory / "cert.pem", "tls-key-file",
                                  directory / "key.pem", "tls-ca-cert-file", authority.file(),
                                  "tls-auth-clients", "no", "tls-port", std::to_string(port)});
  ASSERT_EQ(set.as_text(), "OK") << set.text;
  const auto url = "rediss://localhost:" + std::to_string(port);
  EXPECT_EQ(client_of(url, authority.file()).command({"PING"}).as_text(), "PONG");
  EXPECT_EQ(
      client_of("rediss://127.0.0.1:" + std::to_string(port), authority.file()).command({"PING"}).as_text(),
      "PONG");
  EXPECT_THROW(client_of(url, stranger.file()).command({"PING"}), redis_unavailable);
  EXPECT_THROW(client_of(url, "/nowhere.pem").command({"PING"}), redis_unavailable);
  // A common name is no name of a host.
  const auto nameless = authority.issue({}, "localhost");
  std::ofstream(directory / "cert.pem") << nameless.certificate_pem;
  std::ofstream(directory / "key.pem") << nameless.key_pem;
  ASSERT_EQ(plain
                .command({"CONFIG", "SET", "tls-cert-file", directory / "cert.pem", "tls-key-file",
                          directory / "key.pem"})
                .as_text(),
            "OK");
  EXPECT_THROW(client_of(url, authority.file()).command({"PING"}), redis_unavailable);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace dispatch
