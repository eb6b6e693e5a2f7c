#pragma once

// One stream to one Redis: TCP, TLS over it, or a unix socket. Used once: connect, then read and write until
// an error or close(). Loop thread only. No handler is called from inside the call that took it, nor after
// close().

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "storage/redis/address.hpp"
#include "storage/redis/loop.hpp"

namespace dispatch::redis {

/// Throws std::invalid_argument for a file that is no list of certificates (PEM).
void check_trusted_certificates(const std::string& ca_file);

class socket {
 public:
  /// `error` is empty when it went well.
  using done = std::function<void(const std::string& error)>;
  using received = std::function<void(std::string_view bytes, const std::string& error)>;

  explicit socket(loop& where);
  /// Closes.
  ~socket();
  socket(const socket&) = delete;
  socket& operator=(const socket&) = delete;

  /// `ca_file` empty = the system's certificates. The caller keeps the time.
  void connect(const address& to, const std::string& ca_file, done handler);
  /// What has arrived, at least a byte; the view is valid in the handler only. One at a time.
  void read(received handler);
  /// All of it; `bytes` must stay until the handler is called or the socket closed. One at a time.
  void write(std::string_view bytes, done handler);
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch::redis
