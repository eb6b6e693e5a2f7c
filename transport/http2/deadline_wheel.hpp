#pragma once

// Deadlines of many requests, most of which never fire: adding and leaving are O(1) and free of allocation.
// Resolution 32 ms; a deadline beyond the wheel's 16 s waits for its lap.

#include <array>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

#include "transport/http2/exchange.hpp"

namespace dispatch::http2 {

class deadline_wheel {
 public:
  using clock = std::chrono::steady_clock;

  /// `item.deadline` must not change while it is in the wheel.
  void add(timed& item);
  /// Takes out everything whose deadline is not after `now`; appends it to `due`.
  void expire(clock::time_point now, std::vector<timed*>& due);

 private:
  static constexpr std::size_t slots = 512;
  using slot = boost::intrusive::list<timed, boost::intrusive::constant_time_size<false>>;

  std::array<slot, slots> slots_;
  std::int64_t hand_ = 0;  ///< the slot number looked at last
};

}  // namespace dispatch::http2
