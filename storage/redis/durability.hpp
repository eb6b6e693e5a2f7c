#pragma once

// Watches whether Redis may lose data, and whether it has (promise 20). Loop thread only.

#include <chrono>
#include <cstdint>
#include <string>

#include "storage/redis/connection.hpp"

namespace dispatch::redis {

class durability {
 public:
  /// Asks for Redis's settings when the last answer is older than 30 s. Best effort: CONFIG may be forbidden.
  void ask_when_old(connection& link);
  void acquired() noexcept { confirmed_ = 0; }
  /// A checkpoint was applied; before it Redis held `found`: less than what it once confirmed means that it
  /// came back with an older state.
  void written(std::uint64_t sequence, std::uint64_t found);
  /// Empty when all is well.
  std::string warning() const;

 private:
  std::chrono::steady_clock::time_point asked_{};
  bool append_only_ = true;
  bool snapshots_ = true;
  std::string policy_ = "noeviction";
  std::uint64_t confirmed_ = 0;
  std::string rewound_;
};

}  // namespace dispatch::redis
