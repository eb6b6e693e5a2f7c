#include "transport/http/body_shares.hpp"

#include <algorithm>

namespace dispatch {

body_shares::body_shares(std::size_t limit, bool in_parts) {
  unproven_.limit = in_parts ? limit / 4 : limit;
  proven_.limit = limit - unproven_.limit;
}

bool body_shares::hold(const body_share& whose, std::ptrdiff_t bytes) {
  if (bytes == 0) return true;
  auto& from = whose.proven ? proven_ : unproven_;
  const auto found = from.by_owner.find(whose.owner);
  const auto own = found == from.by_owner.end() ? 0 : found->second;
  if (bytes > 0) {
    const auto more = static_cast<std::size_t>(bytes);
    if (from.held + more > from.limit || own + more > from.limit / 2) return false;
    from.held += more;
    from.by_owner[whose.owner] += more;
    return true;
  }
  if (found == from.by_owner.end()) return true;
  const auto less = std::min(static_cast<std::size_t>(-bytes), own);
  from.held -= less;
  found->second -= less;
  if (found->second == 0) from.by_owner.erase(found);
  return true;
}

body_share body_shares::most_held(const body_share& whose, std::size_t more) const {
  const auto& from = of(whose);
  const auto found = from.by_owner.find(whose.owner);
  const auto own = (found == from.by_owner.end() ? 0 : found->second) + more;
  if (own > from.limit / 2) return whose;
  const auto most =
      std::max_element(from.by_owner.begin(), from.by_owner.end(),
                       [](const auto& left, const auto& right) { return left.second < right.second; });
  if (most == from.by_owner.end() || most->second <= own) return whose;
  return {whose.proven, most->first};
}

}  // namespace dispatch
