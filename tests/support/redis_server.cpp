#include "tests/support/redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace dispatch {

namespace {

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

redis_server::redis_server(std::vector<std::string> settings) : settings_(std::move(settings)) {
  std::string name = (std::filesystem::temp_directory_path() / "dispatch-redis-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = name;
  port_ = free_port();
  start();
}

redis_server::~redis_server() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

redis_client redis_server::client() const {
  redis_client_options options;
  options.url = url();
  return redis_client(std::move(options));
}

void redis_server::start() {
  std::vector<std::string> args{"redis-server",
                                "--port",
                                std::to_string(port_),
                                "--bind",
                                "127.0.0.1",
                                "--unixsocket",
                                directory_ + "/redis.sock",
                                "--dir",
                                directory_,
                                "--logfile",
                                directory_ + "/redis.log",
                                "--save",
                                "",
                                "--enable-debug-command",
                                "yes"};
  args.insert(args.end(), settings_.begin(), settings_.end());
  std::vector<char*> argv;
  for (auto& one : args) argv.push_back(one.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it does not outlive a test that is killed
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(nowhere, fd);
    ::execvp("redis-server", argv.data());
    ::_exit(127);
  }
  // Its start cannot be waited for otherwise than by asking.
  for (int attempt = 0; attempt < 2'000; ++attempt) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("redis-server ended at once: is it installed?");
    }
    try {
      if (client().command({"PING"}).as_text() == "PONG") return;
    } catch (const redis_unavailable&) {
    }
    ::poll(nullptr, 0, 5);
  }
  throw std::runtime_error("redis-server does not answer");
}

void redis_server::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

redis_server& redis_server::shared() {
  static redis_server server;
  return server;
}

}  // namespace dispatch
