#pragma once

// What a service manager is told of this process: the protocol of sd_notify(3), spoken by hand (one datagram
// a message), so that nothing of systemd's need be installed. Without NOTIFY_SOCKET every call does nothing.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

class service_manager {
 public:
  /// `address` as NOTIFY_SOCKET has it: a path, or "@NAME" in Linux's abstract namespace; another form, or
  /// empty: nobody is told. `watchdog`: how long this process may be silent; none: as long as it likes.
  explicit service_manager(std::string address = {}, std::optional<std::chrono::microseconds> watchdog = {});
  /// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID (another process's watchdog is not ours to feed).
  static service_manager from_environment();

  // False: nobody listens, or it could not be said within a second. `status` is a line for people.

  /// Started, or done reloading.
  bool ready(std::string_view status) const;
  /// ready() must follow, also when the reload was refused.
  bool reloading() const;
  bool stopping(std::string_view status) const;
  bool status(std::string_view text) const;
  bool alive() const;

  /// How often alive() is due: twice in the time allowed, as sd_watchdog_enabled(3) advises.
  std::optional<std::chrono::microseconds> alive_interval() const;

 private:
  bool say(const std::string& message) const;

  std::string address_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace dispatch
