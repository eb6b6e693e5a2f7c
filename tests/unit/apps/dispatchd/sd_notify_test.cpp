#include "apps/dispatchd/sd_notify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

/// What systemd would hold: a bound datagram socket, by path or in the abstract namespace.
class manager_socket {
 public:
  explicit manager_socket(bool abstract) {
    const auto unique = std::to_string(getpid()) + '-' + std::to_string(++count);
    address_ = abstract ? "@dispatch-test-" + unique
                        : (std::filesystem::temp_directory_path() / ("dispatch-notify-" + unique)).string();
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, address_.data(), address_.size());
    if (abstract) at.sun_path[0] = '\0';
    handle_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto length = offsetof(sockaddr_un, sun_path) + address_.size() + (abstract ? 0 : 1);
    EXPECT_EQ(::bind(handle_, reinterpret_cast<const sockaddr*>(&at), static_cast<socklen_t>(length)), 0);
  }
  ~manager_socket() {
    ::close(handle_);
    if (address_.front() == '/') ::unlink(address_.c_str());
  }
  manager_socket(const manager_socket&) = delete;
  manager_socket& operator=(const manager_socket&) = delete;

  const std::string& address() const { return address_; }
  /// The next datagram; empty when there is none.
  std::string next() {
    std::array<char, 4'096> bytes{};
    const auto size = ::recv(handle_, bytes.data(), bytes.size(), 0);
    return size < 0 ? std::string() : std::string(bytes.data(), static_cast<std::size_t>(size));
  }

 private:
  static inline int count = 0;
  std::string address_;
  int handle_ = -1;
};

class sd_notify : public ::testing::TestWithParam<bool> {
 protected:
  manager_socket socket_{GetParam()};
  service_manager manager_{socket_.address(), 3s};
};

TEST_P(sd_notify, says_each_state_in_one_datagram) {
  EXPECT_TRUE(manager_.ready("sending"));
  EXPECT_EQ(socket_.next(), "READY=1\nSTATUS=sending\n");
  EXPECT_TRUE(manager_.status("not ready: redis is away"));
  EXPECT_EQ(socket_.next(), "STATUS=not ready: redis is away\n");
  EXPECT_TRUE(manager_.stopping("draining"));
  EXPECT_EQ(socket_.next(), "STOPPING=1\nSTATUS=draining\n");
  EXPECT_TRUE(manager_.alive());
  EXPECT_EQ(socket_.next(), "WATCHDOG=1\n");
  EXPECT_EQ(socket_.next(), "");
}

TEST_P(sd_notify, a_reload_says_when_it_began_on_the_monotonic_clock) {
  EXPECT_TRUE(manager_.reloading());
  const auto said = socket_.next();
  ASSERT_THAT(said, MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+\nSTATUS=reloading\n"));
  const auto at = std::stoll(said.substr(said.find("USEC=") + 5));
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  EXPECT_NEAR(double(at), double(now.tv_sec) * 1e6 + double(now.tv_nsec) / 1e3, 5e6);
}

TEST_P(sd_notify, a_status_cannot_smuggle_in_another_field) {
  EXPECT_TRUE(manager_.status("one\nREADY=1\rtwo"));
  EXPECT_EQ(socket_.next(), "STATUS=one READY=1 two\n");
}

TEST_P(sd_notify, is_due_twice_in_the_time_the_watchdog_allows) {
  EXPECT_EQ(manager_.alive_interval(), 1'500'000us);
  EXPECT_EQ(service_manager(socket_.address()).alive_interval(), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(sockets, sd_notify, ::testing::Bool(), [](const auto& at) {
  return at.param ? std::string("abstract") : std::string("path");
});

TEST(sd_notify_alone, without_a_manager_nothing_is_said) {
  for (const auto* address : {"", "relative/path", "vsock:2:1234", "/", "@"}) {
    const service_manager nobody(address, 1s);
    EXPECT_FALSE(nobody.ready("x")) << address;
    EXPECT_EQ(nobody.alive_interval(), std::nullopt) << address;
  }
  EXPECT_FALSE(service_manager("/nonexistent/notify").alive());
  EXPECT_FALSE(service_manager("/" + std::string(200, 'x')).alive());
}

TEST(sd_notify_alone, a_manager_that_reads_nothing_delays_it_by_a_second_at_most) {
  manager_socket deaf(true);
  const service_manager manager(deaf.address());
  const auto begun = std::chrono::steady_clock::now();
  while (manager.alive()) {
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

class sd_notify_environment : public ::testing::Test {
 protected:
  sd_notify_environment() { ::setenv("NOTIFY_SOCKET", socket_.address().c_str(), 1); }
  ~sd_notify_environment() override {
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  manager_socket socket_{true};
};

TEST_F(sd_notify_environment, names_socket_and_watchdog) {
  ::setenv("WATCHDOG_USEC", "20000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const auto manager = service_manager::from_environment();
  EXPECT_TRUE(manager.ready("x"));
  EXPECT_THAT(socket_.next(), StartsWith("READY=1\n"));
  EXPECT_EQ(manager.alive_interval(), 10s);
}

TEST_F(sd_notify_environment, another_processes_watchdog_is_not_fed) {
  ::setenv("WATCHDOG_USEC", "20000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(service_manager::from_environment().alive_interval(), std::nullopt);
}

TEST_F(sd_notify_environment, a_watchdog_that_is_no_number_is_none) {
  for (const auto* value : {"", "soon", "-1", "0", "12x"}) {
    ::setenv("WATCHDOG_USEC", value, 1);
    EXPECT_EQ(service_manager::from_environment().alive_interval(), std::nullopt) << value;
  }
}

}  // namespace
}  // namespace dispatch
