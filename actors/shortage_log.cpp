#include "actors/shortage_log.hpp"

#include <utility>

#include "actors/log.hpp"

namespace dispatch {

void shortage_log::note(std::string_view what, time_point now) {
  const auto known = parse_shortage(what);
  if (!known) return;
  {
    const std::lock_guard lock(guard_);
    auto& at = entries_[static_cast<std::size_t>(*known)];
    ++at.count;
    at.last = now;
    if (std::exchange(at.lasts, true)) return;
    at.said_at = at.count;
  }
  log::warn("shortage", {{"resource", what},
                         {"detail", "this process has none left: what needs one waits, at nobody's cost"}});
}

void shortage_log::look(time_point now) {
  std::array<std::uint64_t, shortage_count> over{};
  {
    const std::lock_guard lock(guard_);
    for (std::size_t at = 0; at < entries_.size(); ++at) {
      auto& each = entries_[at];
      if (!each.lasts || now - each.last < quiet) continue;
      each.lasts = false;
      over[at] = each.count - each.said_at + 1;
    }
  }
  for (std::size_t at = 0; at < over.size(); ++at)
    if (over[at] > 0)
      log::info("shortage_over", {{"resource", to_string(static_cast<shortage>(at))}, {"times", over[at]}});
}

std::uint64_t shortage_log::count(shortage what) const {
  const std::lock_guard lock(guard_);
  return entries_[static_cast<std::size_t>(what)].count;
}

}  // namespace dispatch
