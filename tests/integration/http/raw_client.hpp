#pragma once

// A socket that sends whatever bytes a test wants sent, and reads what comes back, for at most 5 s.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::testing {

class raw_client {
 public:
  /// `receive_buffer`: bytes the kernel takes for a client that does not read; 0: as many as it likes.
  explicit raw_client(std::uint16_t port, int receive_buffer = 0)
      : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0)
      ::setsockopt(handle_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval patience{5, 0};
    ::setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(handle_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(handle_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~raw_client() { ::close(handle_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  bool connected() const { return connected_; }

  /// False when the peer has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void end() { ::shutdown(handle_, SHUT_WR); }

  /// Reads until `done(everything read so far)`; false at the end of the stream or after 5 s.
  template <class Done>
  bool read_until(const Done& done) {
    char chunk[4'096];
    while (!done(read_)) {
      const auto got = ::recv(handle_, chunk, sizeof chunk, 0);
      if (got <= 0) {
        closed_ = got == 0;
        return false;
      }
      read_.append(chunk, static_cast<std::size_t>(got));
    }
    return true;
  }

  /// Everything up to the peer's closing.
  const std::string& read_all() {
    read_until([](const std::string&) { return false; });
    return read_;
  }

  /// One answer with a Content-Length, taken out of what was read; empty when none came.
  std::string read_answer(bool with_body = true) {
    std::size_t whole = 0;
    const bool found = read_until([&](const std::string& text) {
      const auto end = text.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      const auto at = text.find("Content-Length: ");
      const auto length = with_body && at < end ? std::stoul(text.substr(at + 16)) : 0;
      whole = end + 4 + length;
      return text.size() >= whole;
    });
    if (!found) return {};
    const auto answer = read_.substr(0, whole);
    read_.erase(0, whole);
    return answer;
  }

  /// The peer closed, rather than nothing having come for 5 s.
  bool closed() {
    read_all();
    return closed_;
  }

 private:
  int handle_;
  bool connected_ = false, closed_ = false;
  std::string read_;
};

}  // namespace dispatch::testing
