#include "tests/support/tcp_gate.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace dispatch {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool write_all(int to, const char* bytes, std::size_t left) {
  while (left > 0) {
    const auto sent = ::send(to, bytes, left, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    left -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

tcp_gate::tcp_gate(std::uint16_t server) : server_(server) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::pipe2(wake_, O_CLOEXEC) != 0) {
    throw std::runtime_error("the gate cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

tcp_gate::~tcp_gate() {
  stopped_ = true;
  ::close(wake_[1]);
  thread_.join();
  ::close(wake_[0]);
  ::close(listener_);
}

void tcp_gate::accept_one() {
  pair fresh{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC),
             ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto address = loopback(server_);
  if (::connect(fresh.server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    pairs_.push_back(fresh);
    return;
  }
  ::close(fresh.client);
  ::close(fresh.server);
}

bool tcp_gate::pass(int from, int to, bool answers) {
  std::array<char, 65'536> bytes;
  const auto got = ::recv(from, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  if (answers && cut_.exchange(false)) return false;
  return write_all(to, bytes.data(), static_cast<std::size_t>(got));
}

void tcp_gate::serve() {
  while (!stopped_) {
    std::vector<pollfd> waits{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [client, server] : pairs_) {
      waits.push_back({client, POLLIN, 0});
      waits.push_back({server, POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), -1);
    std::vector<pair> left;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const auto& [client, server] = pairs_[i];
      const bool open = (waits[2 + 2 * i].revents == 0 || pass(client, server, false)) &&
                        (waits[3 + 2 * i].revents == 0 || pass(server, client, true));
      if (open) {
        left.push_back(pairs_[i]);
      } else {
        ::close(client);
        ::close(server);
      }
    }
    pairs_ = std::move(left);
    if (waits[1].revents != 0) accept_one();
  }
  for (const auto& [client, server] : pairs_) {
    ::close(client);
    ::close(server);
  }
}

}  // namespace dispatch
