#pragma once

// What this process remembers about tokens known to be dead, so that Redis is asked seldom: which are, until
// when, and for a while also which are not. Fixed memory (24 bytes an entry), nothing allocated before the
// first entry. One owner thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/token_fingerprint.hpp"

namespace dispatch {

struct suppression_cache_settings {
  /// Rounded up to a power of two; at least 8.
  std::size_t max_entries = 100'000;
  /// How long "not suppressed" is believed: as long may another process's finding go unheard here.
  std::chrono::milliseconds clear_for{60'000};
};

class suppression_cache {
 public:
  using milliseconds = std::chrono::milliseconds;
  enum class known : std::uint8_t { nothing, suppressed, clear };

  explicit suppression_cache(const suppression_cache_settings& settings = {});

  // Times are milliseconds since the epoch, like the expiry Redis holds.

  known find(const token_fingerprint& token, milliseconds now);
  void suppressed(const token_fingerprint& token, milliseconds until, milliseconds now);
  void clear(const token_fingerprint& token, milliseconds now);
  void forget(const token_fingerprint& token);

  std::size_t capacity() const noexcept { return sets_ * ways; }
  std::uint64_t evictions() const noexcept { return evictions_; }

 private:
  // Eight neighbours share a place by hash. The one to go is what would be gone first; what is known not to
  // be suppressed goes before what is.
  static constexpr std::size_t ways = 8;
  struct slot {
    token_fingerprint token;
    std::int64_t until = 0;  ///< 0 = empty; negative = known to be clear until then

    milliseconds ends() const noexcept { return milliseconds(until < 0 ? -until : until); }
  };
  slot* first_of(const token_fingerprint& token) noexcept;
  void put(const token_fingerprint& token, std::int64_t until, milliseconds now);

  std::size_t sets_;
  milliseconds clear_for_;
  std::vector<slot> slots_;
  std::uint64_t evictions_ = 0;
};

}  // namespace dispatch
