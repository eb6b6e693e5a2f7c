#include "core/policy/uuid.hpp"

#include <algorithm>
#include <cstddef>

namespace dispatch {
namespace {

constexpr std::uint64_t latest_ms = (std::uint64_t{1} << 48) - 1;
constexpr std::uint32_t counter_full = 0xfff;
// The counter starts in its lower half, so that at least 2048 follow within the millisecond.
constexpr std::uint64_t counter_start_mask = 0x7ff;
constexpr std::uint64_t variant_mask = (std::uint64_t{1} << 62) - 1;
constexpr std::uint64_t rfc_variant = std::uint64_t{1} << 63;

uuid from_halves(std::uint64_t high, std::uint64_t low) noexcept {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    const auto shift = 56 - 8 * i;
    bytes[i] = static_cast<std::uint8_t>(high >> shift);
    bytes[i + 8] = static_cast<std::uint8_t>(low >> shift);
  }
  return uuid{bytes};
}

std::uint64_t with_version(std::uint64_t high, std::uint64_t version) noexcept {
  return (high & ~std::uint64_t{0xf000}) | (version << 12);
}

}  // namespace

uuid uuid::v4(const random_bits& random) noexcept {
  return from_halves(with_version(random[0], 4), (random[1] & variant_mask) | rfc_variant);
}

std::string uuid::text() const {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(digits[bytes_[i] >> 4]);
    out.push_back(digits[bytes_[i] & 0xf]);
  }
  return out;
}

uuid uuid_v7_generator::next(std::chrono::milliseconds now, const random_bits& random) noexcept {
  const auto now_ms = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(now.count(), 0)), latest_ms);
  if (!used_ || now_ms > last_ms_) {
    last_ms_ = now_ms;
    counter_ = static_cast<std::uint32_t>(random[0] & counter_start_mask);
  } else if (counter_ < counter_full) {
    ++counter_;
  } else {
    ++last_ms_;
    counter_ = static_cast<std::uint32_t>(random[0] & counter_start_mask);
  }
  used_ = true;
  return from_halves(with_version(last_ms_ << 16 | counter_, 7), (random[1] & variant_mask) | rfc_variant);
}

}  // namespace dispatch
