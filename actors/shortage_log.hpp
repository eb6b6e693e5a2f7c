#pragma once

// What this process itself lacks (transport/shortage.hpp): counted, and said when it begins and when it is
// over. Any thread.

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "transport/shortage.hpp"

namespace dispatch {

class shortage_log {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  /// Not heard of for so long it is over.
  static constexpr std::chrono::seconds quiet{10};

  /// `what` by its name; another is left out.
  void note(std::string_view what, time_point now = std::chrono::steady_clock::now());
  /// Now and then: says what is over.
  void look(time_point now);
  std::uint64_t count(shortage what) const;

 private:
  struct entry {
    std::uint64_t count = 0, said_at = 0;
    time_point last;
    bool lasts = false;
  };
  mutable std::mutex guard_;
  std::array<entry, shortage_count> entries_;
};

}  // namespace dispatch
