#pragma once

// Names to addresses, for hosts that strangers choose. Asio's own resolver asks for one name after the other,
// so that a name whose servers are silent would hold up all that comes behind it, also the providers'.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ip_address.hpp"
#include "transport/shortage.hpp"

namespace dispatch {

struct name_found {
  std::vector<ip_address> addresses;  ///< in the order to be tried
  std::string error;                  ///< why there are none, for the log
  std::optional<shortage> lacking{};  ///< it is us who could not ask
};

/// All of it from any thread. The seam for tests: what a name means may change from one question to the next.
class name_lookup {
 public:
  virtual ~name_lookup() = default;

  /// Calls back once, from any thread, perhaps before it returns; not at all when destroyed first. `begun`
  /// (may be null) becomes true when the question is asked: until then it waits for others' to be answered.
  virtual void look_up(std::string host, std::function<void(name_found)> then,
                       std::shared_ptr<std::atomic<bool>> begun) = 0;
  void look_up(std::string host, std::function<void(name_found)> then) {
    look_up(std::move(host), std::move(then), nullptr);
  }
};

struct name_lookup_options {
  std::size_t threads = 8;       ///< as many names may be slow at once without anybody waiting for them
  std::size_t max_waiting = 64;  ///< questions a thread may have before it; further ones fail at once
};

/// Through the system (getaddrinfo), which also understands 127.1, 0x7f000001 and their like. The destructor
/// waits for questions under way; not on one of its own threads.
std::shared_ptr<name_lookup> make_system_lookup(const name_lookup_options& options = {});
/// One for all while anybody holds it: a silent name server needs threads once, not once an app.
std::shared_ptr<name_lookup> shared_system_lookup();

}  // namespace dispatch
