#include "tests/support/scripted_redis.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "storage/redis/resp.hpp"

namespace dispatch {

struct scripted_redis::peer {
  int fd = -1;
  redis::reply_reader reader;  // a command is an array of strings, like a reply
};

scripted_redis::scripted_redis(answers give) : give_(std::move(give)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe(wake_) != 0) {
    throw std::runtime_error("no listener");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

scripted_redis::~scripted_redis() {
  ::close(wake_[1]);
  thread_.join();
  ::close(wake_[0]);
  ::close(listener_);
}

void scripted_redis::serve() {
  std::vector<std::unique_ptr<peer>> peers;
  for (;;) {
    std::vector<pollfd> watched{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& one : peers) watched.push_back({one->fd, POLLIN, 0});
    ::poll(watched.data(), watched.size(), -1);
    if (watched[0].revents != 0) break;
    for (std::size_t i = peers.size(); i-- > 0;) {
      if (watched[i + 2].revents == 0 || feed(*peers[i])) continue;
      ::close(peers[i]->fd);
      peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (watched[1].revents == 0) continue;
    peers.push_back(std::make_unique<peer>());
    peers.back()->fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    ++connections_;
  }
  for (const auto& one : peers) ::close(one->fd);
}

bool scripted_redis::feed(peer& from) {
  char buffer[16 * 1024];
  const auto size = ::read(from.fd, buffer, sizeof buffer);
  if (size <= 0 || !from.reader.feed({buffer, static_cast<std::size_t>(size)})) return false;
  while (const auto next = from.reader.next()) {
    std::vector<std::string> command;
    for (const auto& argument : next->elements) command.push_back(argument.text);
    ++commands_;
    const auto answer = give_(command);
    if (answer.empty()) return false;
    if (::send(from.fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return false;
  }
  return !from.reader.failed();
}

}  // namespace dispatch
