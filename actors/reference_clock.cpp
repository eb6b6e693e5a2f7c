#include "actors/reference_clock.hpp"

#include <algorithm>
#include <cstdlib>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr microseconds was_set = 1s;
/// An answer that took longer says too little.
constexpr microseconds longest_round_trip = 2s;
/// Redis's answer is cut to the millisecond.
constexpr microseconds half_a_millisecond = 500us;

std::int64_t count(std::chrono::steady_clock::time_point at) {
  return duration_cast<microseconds>(at.time_since_epoch()).count();
}

}  // namespace

epoch_ms reference_clock::wall() const {
  const auto ahead = ahead_us_.load(std::memory_order_relaxed);
  if (ahead == unknown) return clock::wall();
  return std::chrono::floor<epoch_ms>(microseconds(count(now()) + ahead));
}

microseconds reference_clock::measured(epoch_ms reference, time_point sent, time_point answered) {
  const auto open = duration_cast<microseconds>(answered - sent);
  const auto doubt = (open / 2 + half_a_millisecond).count();
  const auto found =
      microseconds(reference + half_a_millisecond).count() - count(sent + (answered - sent) / 2);
  auto ahead = ahead_us_.load(std::memory_order_relaxed);
  if (ahead == unknown) {
    ahead = found;
  } else if (open <= longest_round_trip) {
    const auto off = std::abs(found - ahead) - doubt;
    ahead = off >= was_set.count() ? found : std::clamp(ahead, found - doubt, found + doubt);
  }
  ahead_us_.store(ahead, std::memory_order_relaxed);
  const auto machine = duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch());
  return microseconds(count(now()) + ahead) - machine;
}

}  // namespace dispatch
