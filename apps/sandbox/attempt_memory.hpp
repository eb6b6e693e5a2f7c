#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "apps/sandbox/provider.hpp"

namespace dispatch::sandbox {

// How often each faulty token was tried. Keys are 64-bit hashes; past the capacity the oldest token is
// forgotten and starts from its first attempt again. Any thread.
class attempt_memory {
 public:
  static constexpr std::size_t default_capacity = 1'000'000;

  explicit attempt_memory(std::size_t capacity = default_capacity);

  // Counts this attempt; 1 for a token never seen.
  std::uint32_t next(provider who, std::string_view token);

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> attempts_;
  std::vector<std::uint64_t> ring_;  // keys in order of arrival, reused from the oldest
  std::size_t oldest_ = 0;
};

}  // namespace dispatch::sandbox
