#include "core/policy/suppression_cache.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace dispatch {

suppression_cache::suppression_cache(const suppression_cache_settings& settings)
    : sets_{std::bit_ceil(std::clamp<std::size_t>(settings.max_entries, ways, 1U << 24U)) / ways},
      clear_for_{settings.clear_for} {}

suppression_cache::known suppression_cache::find(const token_fingerprint& token, milliseconds now) {
  if (slots_.empty()) return known::nothing;
  auto* const first = first_of(token);
  auto* const found = std::find_if(first, first + ways,
                                   [&](const slot& each) { return each.until != 0 && each.token == token; });
  if (found == first + ways) return known::nothing;
  if (found->ends() <= now) {
    *found = {};
    return known::nothing;
  }
  // A clock set back must not keep an answer for hours.
  if (found->until < 0 && found->ends() > now + clear_for_) return known::nothing;
  return found->until > 0 ? known::suppressed : known::clear;
}

void suppression_cache::suppressed(const token_fingerprint& token, milliseconds until, milliseconds now) {
  if (until <= now) return forget(token);
  put(token, until.count(), now);
}

void suppression_cache::clear(const token_fingerprint& token, milliseconds now) {
  if (clear_for_ <= milliseconds{0}) return forget(token);
  put(token, -(now + clear_for_).count(), now);
}

void suppression_cache::forget(const token_fingerprint& token) {
  if (slots_.empty()) return;
  auto* const first = first_of(token);
  for (auto* each = first; each != first + ways; ++each)
    if (each->token == token) *each = {};
}

suppression_cache::slot* suppression_cache::first_of(const token_fingerprint& token) noexcept {
  return &slots_[(hash_value(token) & (sets_ - 1)) * ways];
}

void suppression_cache::put(const token_fingerprint& token, std::int64_t until, milliseconds now) {
  if (slots_.empty()) slots_.resize(sets_ * ways);
  auto* const first = first_of(token);
  // Least: its own place, then a free one, then a clear one, then what ends first.
  const auto rank = [&](const slot& each) {
    const bool free = each.until == 0 || each.ends() <= now;
    const bool own = each.until != 0 && each.token == token;
    const int kind = own ? 0 : free ? 1 : each.until < 0 ? 2 : 3;
    return std::tuple(kind, each.ends());
  };
  auto* const place =
      std::min_element(first, first + ways, [&](const slot& a, const slot& b) { return rank(a) < rank(b); });
  if (std::get<0>(rank(*place)) > 1) ++evictions_;
  *place = {token, until};
}

}  // namespace dispatch
