// What expires while its scope may not start (docs/architecture.md, "Waiting without holding up").

#include <charconv>

#include "actors/intake/intake_state.hpp"

namespace dispatch {
namespace {

/// Entries are named by when they were stored.
epoch_ms stored_at(const read_batch& batch) {
  std::int64_t ms = 0;
  if (!batch.entries.empty()) {
    const auto& id = batch.entries.back().id;
    std::from_chars(id.data(), id.data() + id.size(), ms);
  }
  return epoch_ms{ms};
}

}  // namespace

bool intake_state::blocked(scope_number scope, lane in) const {
  return gates_[scope].blocked(parts_->time->now()) && !expiries_.is_looking({scope, in});
}

void intake_state::doubt_expiries(scope_number scope) {
  for (auto in : all_lanes) expiries_.doubted({scope, in});
}

void intake_state::look_for_expired() {
  const auto now = parts_->time->now();
  const auto wall = parts_->time->wall();
  for (const auto& [scope, in] : expiries_.due(wall, now)) {
    if (!gates_[scope].known || !gates_[scope].blocked(now)) continue;
    expiries_.begin({scope, in}, wall, now);
    sources_.filled(scope, in);
  }
}

void intake_state::note_expiries_read(const source_state& from, const read_batch& batch) {
  if (from.scope)
    expiries_.was_read({*from.scope, from.from->lane}, batch.drained, stored_at(batch), parts_->time->now());
}

}  // namespace dispatch
