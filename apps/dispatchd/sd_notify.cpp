#include "apps/dispatchd/sd_notify.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace dispatch {
namespace {

using std::chrono::microseconds;

/// A manager that reads nothing must not hold up the process it manages.
constexpr timeval send_timeout{1, 0};

std::optional<std::uint64_t> number(const char* text) {
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const auto* end = text + std::strlen(text);
  const auto [at, error] = std::from_chars(text, end, value);
  if (error != std::errc() || at != end || at == text) return std::nullopt;
  return value;
}

/// A message is lines of NAME=VALUE: what people read must stay in its own.
std::string line(std::string_view name, std::string_view value) {
  std::string out(name);
  for (const char c : value.substr(0, 512)) out += c == '\n' || c == '\r' ? ' ' : c;
  return out + '\n';
}

std::string monotonic_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1'000);
}

}  // namespace

service_manager::service_manager(std::string address, std::optional<microseconds> watchdog)
    : address_(std::move(address)), watchdog_(watchdog) {
  const bool known = address_.size() > 1 && (address_.front() == '/' || address_.front() == '@');
  if (!known || address_.size() >= sizeof(sockaddr_un::sun_path)) address_.clear();
}

service_manager service_manager::from_environment() {
  const char* address = std::getenv("NOTIFY_SOCKET");
  const auto microseconds_allowed = number(std::getenv("WATCHDOG_USEC"));
  const auto* whose = std::getenv("WATCHDOG_PID");
  const bool ours = !whose || number(whose) == static_cast<std::uint64_t>(getpid());
  std::optional<microseconds> watchdog;
  if (ours && microseconds_allowed && *microseconds_allowed > 0)
    watchdog = microseconds(static_cast<microseconds::rep>(*microseconds_allowed));
  return service_manager(address ? address : "", watchdog);
}

bool service_manager::ready(std::string_view text) const {
  return say("READY=1\n" + line("STATUS=", text));
}

bool service_manager::reloading() const {
  // The time lets systemd tell this reload from one it asked for later.
  return say("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds() + "\nSTATUS=reloading\n");
}

bool service_manager::stopping(std::string_view text) const {
  return say("STOPPING=1\n" + line("STATUS=", text));
}

bool service_manager::status(std::string_view text) const {
  return say(line("STATUS=", text));
}

bool service_manager::alive() const {
  return say("WATCHDOG=1\n");
}

std::optional<microseconds> service_manager::alive_interval() const {
  if (!watchdog_ || address_.empty()) return std::nullopt;
  return *watchdog_ / 2;
}

bool service_manager::say(const std::string& message) const {
  if (address_.empty()) return false;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  // unix(7): an abstract name begins with a zero byte and is exactly as long as the address says.
  if (address_.front() == '@') to.sun_path[0] = '\0';
  const auto length = offsetof(sockaddr_un, sun_path) + address_.size() + (address_.front() == '/' ? 1 : 0);

  const int handle = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return false;
  ::setsockopt(handle, SOL_SOCKET, SO_SNDTIMEO, &send_timeout, sizeof(send_timeout));
  const auto sent = ::sendto(handle, message.data(), message.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to), static_cast<socklen_t>(length));
  ::close(handle);
  return sent == static_cast<ssize_t>(message.size());
}

}  // namespace dispatch
