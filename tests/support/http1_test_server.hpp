#pragma once

// An HTTP/1.1 server, over real TLS or in the clear, that answers with whatever bytes a test gives it, on a
// thread of its own. It keeps a ledger of what arrived.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/test_certificates.hpp"

namespace dispatch::test {

struct h1_request {
  std::size_t connection = 0;  ///< 0 for the first that was accepted
  std::string line;            ///< "POST / HTTP/1.1"
  std::map<std::string, std::string> headers;
  std::string body;
};

struct h1_reply {
  std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  enum class then { keep, close, abort } after = then::keep;
};

struct h1_server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 = the system picks
  bool tls = true;
  bool alpn = true;  ///< says http/1.1; else ALPN is not answered
  std::vector<std::string> names{"DNS:localhost", "IP:127.0.0.1"};
};

class http1_test_server {
 public:
  using handler = std::function<h1_reply(const h1_request&)>;

  http1_test_server(const certificate_authority& authority, h1_server_options options = {},
                    handler answer = {});
  ~http1_test_server();
  http1_test_server(const http1_test_server&) = delete;
  http1_test_server& operator=(const http1_test_server&) = delete;

  std::uint16_t port() const noexcept;
  /// Bytes on every open connection, asked or not.
  void say(const std::string& bytes);
  /// Closes every open connection, idle or not.
  void hang_up();

  // Any thread.

  std::size_t accepted() const;
  std::size_t open() const;
  std::vector<h1_request> ledger() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace dispatch::test
