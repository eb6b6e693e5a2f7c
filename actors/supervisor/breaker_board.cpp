#include "actors/supervisor/breaker_board.hpp"

#include <utility>

#include "core/policy/mass_invalid_guard.hpp"

namespace dispatch {
namespace {

breaker_settings settings_of(const breaker_config& config) {
  breaker_settings settings;
  settings.failure_threshold = config.failures;
  settings.failure_window = config.window;
  settings.min_failure_ratio = config.min_failure_ratio;
  settings.sample = config.sample;
  settings.open_for = config.open_for;
  settings.max_open_for = config.open_for_max;
  settings.probes = config.probes;
  return settings;
}

}  // namespace

breaker_board::breaker_board(const breaker_config& config, by_scope<std::uint32_t>::generation_of generation)
    : config_(config),
      entries_(
          [this](scope_number) {
            return scope_breaker{circuit_breaker(settings_of(config_)), 0, false, false};
          },
          std::move(generation)) {}

void breaker_board::change(const breaker_config& config) {
  config_ = config;
  for (auto& entry : entries_) entry.breaker.change(settings_of(config));
}

breaker_board::step breaker_board::record(scope_number scope, const std::vector<answers::health>& counted,
                                          epoch_ms now) {
  auto& entry = entries_[scope];
  auto& breaker = entry.breaker;
  step result;
  for (const auto& [what, probe, count] : counted) {
    // Answers to requests sent before it opened say nothing about how the provider is now.
    if (breaker.state() == breaker_state::half_open && !probe) continue;
    if (what == breaker_answer::success) {
      result.changed |= breaker.record_successes(count, now).has_value();
    } else {
      for (std::uint32_t i = 0; i < count; ++i) result.changed |= breaker.record(what, now).has_value();
    }
  }
  if (result.changed) entry.owns_round = false;
  result.new_probes = !result.changed && entry.owns_round && breaker.state() == breaker_state::half_open;
  return result;
}

breaker_board::step breaker_board::record_unconnected(scope_number scope, epoch_ms now) {
  return record(scope, {{breaker_answer::failure, entries_[scope].owns_round, 1}}, now);
}

breaker_board::step breaker_board::advance(scope_number scope, epoch_ms now) {
  auto& entry = entries_[scope];
  step result;
  result.changed = entry.breaker.advance(now).has_value();
  if (result.changed) entry.owns_round = false;
  result.new_probes =
      !result.changed && entry.owns_round && entry.breaker.state() == breaker_state::half_open;
  return result;
}

breaker_board::step breaker_board::hold(scope_number scope, epoch_ms now) {
  auto& entry = entries_[scope];
  entry.breaker.force_open(mass_invalid_reason, now);
  entry.owns_round = false;
  return {true, false};
}

bool breaker_board::held(scope_number scope, epoch_ms now) const {
  return state(scope) == breaker_state::forced_open &&
         entries_[scope].breaker.snapshot(now).reason == mass_invalid_reason;
}

breaker_board::step breaker_board::adopt(scope_number scope, const breaker_record& record, epoch_ms now) {
  auto& entry = entries_[scope];
  const bool known = record.version <= entry.version;
  const auto parsed = parse_breaker_state(record.state);
  const auto state = parsed.value_or(breaker_state::closed);
  if (!parsed || record.version < entry.version || (entry.unsaved && known)) {
    // Redis has forgotten (a closed breaker's record lapses, a history was rewound), did not take ours, or
    // holds no state: count from what it has, and store again if what we hold is worth it.
    entry.version = record.version;
    entry.unsaved = entry.breaker.state() != breaker_state::closed || entry.unsaved || !parsed;
    return {};
  }
  const bool own_change = std::exchange(entry.unsaved, false) && state == entry.breaker.state();
  entry.version = record.version;
  if (known || own_change) return {};
  breaker_snapshot snapshot;
  snapshot.state = state;
  snapshot.failures = record.failures;
  snapshot.opened_at = record.opened_at;
  snapshot.retry_at = record.retry_at;
  snapshot.open_for = record.open_for;
  snapshot.reason = record.reason;
  step result;
  result.changed = entry.breaker.adopt(snapshot, now).has_value();
  entry.owns_round = false;
  return result;
}

std::uint32_t breaker_board::own_round(scope_number scope, epoch_ms now) {
  entries_[scope].owns_round = true;
  return probes(scope, now);
}

std::uint32_t breaker_board::probes(scope_number scope, epoch_ms now) {
  auto& entry = entries_[scope];
  if (!entry.owns_round) return 0;
  return entry.breaker.admit(config_.probes, now);
}

breaker_record breaker_board::next_record(scope_number scope, epoch_ms now) {
  auto& entry = entries_[scope];
  const auto snapshot = entry.breaker.snapshot(now);
  breaker_record record;
  record.state = to_string(snapshot.state);
  record.failures = snapshot.failures;
  record.opened_at = snapshot.opened_at;
  record.retry_at = snapshot.retry_at;
  record.open_for = snapshot.open_for;
  record.reason = snapshot.reason;
  record.version = entry.version + 1;
  entry.unsaved = true;
  return record;
}

int metric_value(breaker_state state) noexcept {
  switch (state) {
    case breaker_state::closed:
    case breaker_state::forced_closed:
      return 0;
    case breaker_state::half_open:
      return 1;
    case breaker_state::open:
    case breaker_state::forced_open:
      return 2;
  }
  return 0;
}

}  // namespace dispatch
