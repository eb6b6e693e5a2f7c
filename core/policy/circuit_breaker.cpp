#include "core/policy/circuit_breaker.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dispatch {
namespace {

constexpr std::array<std::pair<breaker_state, std::string_view>, 5> state_names{
    {{breaker_state::closed, "closed"},
     {breaker_state::open, "open"},
     {breaker_state::half_open, "half_open"},
     {breaker_state::forced_open, "forced_open"},
     {breaker_state::forced_closed, "forced_closed"}}};

constexpr std::string_view failures_reason = "failures";
constexpr std::string_view probe_failed_reason = "probe_failed";

breaker_settings bounded(breaker_settings s) {
  s.failure_threshold = std::clamp<std::uint32_t>(s.failure_threshold, 1, circuit_breaker::max_counted);
  s.sample = std::clamp<std::uint32_t>(s.sample, 1, circuit_breaker::max_counted);
  s.probes = std::clamp<std::uint32_t>(s.probes, 1, 1000);
  s.min_failure_ratio = s.min_failure_ratio > 0.0 ? std::min(s.min_failure_ratio, 1.0) : 0.0;
  s.failure_window = std::max(s.failure_window, std::chrono::milliseconds{1});
  s.open_for = std::max(s.open_for, std::chrono::milliseconds{1});
  s.max_open_for = std::max(s.max_open_for, s.open_for);
  s.probe_timeout = std::max(s.probe_timeout, std::chrono::milliseconds{1});
  return s;
}

}  // namespace

std::string_view to_string(breaker_state value) noexcept {
  for (const auto& [state, name] : state_names) {
    if (state == value) return name;
  }
  return "closed";
}

std::optional<breaker_state> parse_breaker_state(std::string_view text) noexcept {
  for (const auto& [state, name] : state_names) {
    if (name == text) return state;
  }
  return std::nullopt;
}

breaker_state transition(breaker_state state, breaker_event event) noexcept {
  using enum breaker_state;
  switch (event) {
    case breaker_event::tripped:
      return state == closed ? open : state;
    case breaker_event::cooled_down:
      return state == open ? half_open : state;
    case breaker_event::probe_failed:
      return state == half_open ? open : state;
    case breaker_event::probes_passed:
      return state == half_open ? closed : state;
    case breaker_event::force_open:
      return forced_open;
    case breaker_event::force_closed:
      return forced_closed;
    case breaker_event::automatic:
      return state == forced_open || state == forced_closed ? closed : state;
  }
  return state;
}

circuit_breaker::circuit_breaker(const breaker_settings& settings) : settings_{bounded(settings)} {}

void circuit_breaker::change(const breaker_settings& settings) {
  settings_ = bounded(settings);
  trim();
}

std::optional<breaker_transition> circuit_breaker::record(breaker_answer answer, milliseconds now) {
  if (answer == breaker_answer::success) return record_successes(1, now);
  const bool probe_is_out = shared_.probes_started > shared_.probes_passed;
  if (answer == breaker_answer::neutral) {
    if (shared_.state == breaker_state::half_open) give_back(1);
    return std::nullopt;
  }
  if (shared_.state == breaker_state::closed) return count_failure(now);
  // Without a probe out the answer is a late one, and late answers decide nothing.
  if (shared_.state == breaker_state::half_open && probe_is_out) {
    return apply(breaker_event::probe_failed, probe_failed_reason, now);
  }
  return std::nullopt;
}

std::optional<breaker_transition> circuit_breaker::record_successes(std::uint64_t count, milliseconds now) {
  if (shared_.state == breaker_state::closed) push_answers(count, false);
  if (shared_.state == breaker_state::half_open) return pass_probes(count, now);
  return std::nullopt;
}

std::optional<breaker_transition> circuit_breaker::advance(milliseconds now) {
  if (shared_.state == breaker_state::open) {
    // Further away than any opening lasts: the clock was set back. Not to wait for hours.
    if (shared_.retry_at - now > settings_.max_open_for) shared_.retry_at = now + shared_.open_for;
    if (now >= shared_.retry_at) return apply(breaker_event::cooled_down, shared_.reason, now);
  }
  if (shared_.state == breaker_state::half_open && shared_.probes_started > shared_.probes_passed) {
    const auto left = shared_.retry_at - now;
    if (left <= milliseconds{0} || left > settings_.probe_timeout) {
      shared_.probes_started = shared_.probes_passed;
      shared_.retry_at = milliseconds{0};
    }
  }
  return std::nullopt;
}

std::uint32_t circuit_breaker::admit(std::uint32_t wanted, milliseconds now) {
  switch (shared_.state) {
    case breaker_state::closed:
    case breaker_state::forced_closed:
      return wanted;
    case breaker_state::open:
    case breaker_state::forced_open:
      return 0;
    case breaker_state::half_open:
      break;
  }
  // Fewer probes than have passed may be asked for since the round began: one more ends it.
  const auto in_all = std::max(settings_.probes, shared_.probes_passed + 1);
  const auto admitted = std::min(wanted, in_all - std::min(in_all, shared_.probes_started));
  if (admitted == 0) return 0;
  shared_.probes_started += admitted;
  shared_.retry_at = now + settings_.probe_timeout;
  return admitted;
}

void circuit_breaker::give_back(std::uint32_t probes) noexcept {
  shared_.probes_started -= std::min(probes, shared_.probes_started - shared_.probes_passed);
  if (shared_.state == breaker_state::half_open && shared_.probes_started == shared_.probes_passed) {
    shared_.retry_at = milliseconds{0};
  }
}

bool circuit_breaker::failure_costs_attempt() const noexcept {
  return shared_.state == breaker_state::closed || shared_.state == breaker_state::forced_closed;
}

std::optional<breaker_transition> circuit_breaker::force_open(std::string_view reason, milliseconds now) {
  return apply(breaker_event::force_open, reason, now);
}

std::optional<breaker_transition> circuit_breaker::force_closed(std::string_view reason, milliseconds now) {
  return apply(breaker_event::force_closed, reason, now);
}

std::optional<breaker_transition> circuit_breaker::automatic(milliseconds now) {
  return apply(breaker_event::automatic, shared_.reason, now);
}

breaker_snapshot circuit_breaker::snapshot(milliseconds now) const {
  auto copy = shared_;
  if (copy.state == breaker_state::closed) copy.failures = failures_within_window(now);
  return copy;
}

std::optional<breaker_transition> circuit_breaker::adopt(const breaker_snapshot& snapshot, milliseconds now) {
  const auto from = shared_.state;
  shared_ = snapshot;
  if (shared_.reason.size() > max_reason_bytes) shared_.reason.resize(max_reason_bytes);
  shared_.probes_started = std::min(shared_.probes_started, settings_.probes);
  shared_.probes_passed = std::min(shared_.probes_passed, shared_.probes_started);
  if (shared_.state == breaker_state::open || shared_.state == breaker_state::half_open) {
    shared_.open_for = std::clamp(shared_.open_for, settings_.open_for, settings_.max_open_for);
  }
  if (from == shared_.state) return std::nullopt;
  forget_counts();
  return breaker_transition{from, shared_.state, now};
}

std::optional<breaker_transition> circuit_breaker::apply(breaker_event event, std::string_view reason,
                                                         milliseconds now) {
  const auto from = shared_.state;
  const auto to = transition(from, event);
  const bool forcing = event == breaker_event::force_open || event == breaker_event::force_closed;
  if (from == to && !forcing) return std::nullopt;

  // Not assigned in place: `reason` may be a view of the old one.
  std::string kept{to == breaker_state::closed ? std::string_view{} : reason.substr(0, max_reason_bytes)};
  shared_.reason = std::move(kept);
  if (from == to) return std::nullopt;

  shared_.state = to;
  shared_.retry_at = milliseconds{0};
  shared_.probes_started = 0;
  shared_.probes_passed = 0;
  if (to == breaker_state::open) {
    shared_.failures = event == breaker_event::tripped ? failures_within_window(now) : 1;
    shared_.open_for = event == breaker_event::tripped
                           ? settings_.open_for
                           : std::min(shared_.open_for * 2, settings_.max_open_for);
    shared_.opened_at = now;
    shared_.retry_at = now + shared_.open_for;
  } else if (to != breaker_state::half_open) {
    shared_.failures = 0;
    shared_.open_for = milliseconds{0};
    if (to == breaker_state::forced_open) shared_.opened_at = now;
  }
  forget_counts();
  return breaker_transition{from, to, now};
}

std::optional<breaker_transition> circuit_breaker::count_failure(milliseconds now) {
  // A clock set back would leave times in the future that stay "within the window" for as long as it was.
  for (auto& time : failure_times_) time = std::min(time, now);
  failure_times_.push_back(now);
  push_answers(1, true);
  if (!should_trip(now)) return std::nullopt;
  return apply(breaker_event::tripped, failures_reason, now);
}

std::optional<breaker_transition> circuit_breaker::pass_probes(std::uint64_t count, milliseconds now) {
  const auto out = shared_.probes_started - shared_.probes_passed;
  shared_.probes_passed += static_cast<std::uint32_t>(std::min<std::uint64_t>(count, out));
  if (shared_.probes_passed < settings_.probes) return std::nullopt;
  const auto change = apply(breaker_event::probes_passed, {}, now);
  if (count > out) push_answers(count - out, false);
  return change;
}

bool circuit_breaker::should_trip(milliseconds now) const noexcept {
  if (failures_within_window(now) < settings_.failure_threshold) return false;
  // The small term: 0.15 * 20 must not ask for more than 3.
  return static_cast<double>(failed_) + 1e-9 >=
         settings_.min_failure_ratio * static_cast<double>(answers_.size());
}

std::uint32_t circuit_breaker::failures_within_window(milliseconds now) const noexcept {
  return static_cast<std::uint32_t>(
      std::count_if(failure_times_.begin(), failure_times_.end(),
                    [&](milliseconds at) { return now - at <= settings_.failure_window; }));
}

void circuit_breaker::push_answers(std::uint64_t count, bool failed) {
  count = std::min<std::uint64_t>(count, settings_.sample);
  answers_.insert(answers_.end(), static_cast<std::size_t>(count), failed);
  if (failed) failed_ += static_cast<std::uint32_t>(count);
  trim();
}

void circuit_breaker::trim() noexcept {
  while (failure_times_.size() > settings_.failure_threshold) failure_times_.pop_front();
  while (answers_.size() > settings_.sample) {
    if (answers_.front()) --failed_;
    answers_.pop_front();
  }
}

void circuit_breaker::forget_counts() noexcept {
  failure_times_.clear();
  answers_.clear();
  failed_ = 0;
}

}  // namespace dispatch
