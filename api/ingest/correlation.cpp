#include "api/ingest/correlation.hpp"

#include <algorithm>
#include <chrono>
#include <random>

namespace dispatch {
namespace {

constexpr std::size_t max_correlation_bytes = 128;

bool is_word(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("._:@/+=-").find(c) != std::string_view::npos;
}

bool is_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// xorshift128+ (Vigna): distinct, not unpredictable.
std::uint64_t step(random_bits& state) noexcept {
  auto a = state[0];
  const auto b = state[1];
  state[0] = b;
  a ^= a << 23;
  state[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
  return state[1] + b;
}

}  // namespace

bool is_correlation_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_correlation_bytes &&
         std::all_of(text.begin(), text.end(), is_word);
}

bool is_traceparent(std::string_view text) noexcept {
  if (text.size() != 55 || !text.starts_with("00-") || text[35] != '-' || text[52] != '-') return false;
  const auto trace = text.substr(3, 32), parent = text.substr(36, 16), flags = text.substr(53);
  const auto zero = [](std::string_view part) {
    return part.find_first_not_of('0') == std::string_view::npos;
  };
  return is_hex(trace) && is_hex(parent) && is_hex(flags) && !zero(trace) && !zero(parent);
}

id_source::id_source() {
  std::random_device seed;
  for (auto& half : state_) half = (std::uint64_t{seed()} << 32) | seed();
  state_[0] |= 1;
}

std::string id_source::next() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto first = step(state_);
  return generator_.next(std::chrono::duration_cast<std::chrono::milliseconds>(now), {first, step(state_)})
      .text();
}

}  // namespace dispatch
