#pragma once

// The circuit breaker of one scope (provider + app, or a destination origin). Pure state: the caller brings
// the time (milliseconds since the Unix epoch) and shares snapshots through Redis. Memory goes by the
// settings (8 bytes a failure, a bit an answer). One owner thread.
//
// transition(state, event); an empty cell means the event cannot happen or changes nothing:
//
//                 tripped  cooled_down  probe_failed  probes_passed  force_open   force_closed   automatic
//   closed        open                                               forced_open  forced_closed
//   open                   half_open                                 forced_open  forced_closed
//   half_open                           open          closed         forced_open  forced_closed
//   forced_open                                                                   forced_closed  closed
//   forced_closed                                                    forced_open                 closed

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

enum class breaker_state : std::uint8_t { closed, open, half_open, forced_open, forced_closed };
enum class breaker_event : std::uint8_t {
  tripped,
  cooled_down,
  probe_failed,
  probes_passed,
  force_open,
  force_closed,
  automatic
};
/// failure: connect and TLS errors, timeouts, resets, 5xx, credential failures. neutral: 4xx about the token
/// or the payload, 429.
enum class breaker_answer : std::uint8_t { success, failure, neutral };

/// The contract's words, as in Redis and metrics: closed open half_open forced_open forced_closed.
std::string_view to_string(breaker_state value) noexcept;
std::optional<breaker_state> parse_breaker_state(std::string_view text) noexcept;

/// The table above; the same state when the event changes nothing.
breaker_state transition(breaker_state state, breaker_event event) noexcept;

struct breaker_settings {
  /// In [1, 1000], as `sample` is.
  std::uint32_t failure_threshold = 5;
  std::chrono::milliseconds failure_window{std::chrono::seconds{60}};
  /// Share of failures among the latest `sample` counted answers (of those seen, when fewer); 0 = the literal
  /// rule.
  double min_failure_ratio = 0.5;
  std::uint32_t sample = 20;
  std::chrono::milliseconds open_for{std::chrono::seconds{30}};
  std::chrono::milliseconds max_open_for{std::chrono::seconds{300}};
  std::uint32_t probes = 3;
  /// A probe unanswered for so long (its process died) gives its place back. Longer than any request's
  /// timeout.
  std::chrono::milliseconds probe_timeout{std::chrono::seconds{30}};
};

/// All of the state that processes share.
struct breaker_snapshot {
  breaker_state state = breaker_state::closed;
  /// Closed: failures within the window (at most the threshold); open: what it opened with.
  std::uint32_t failures = 0;
  /// When it last opened; 0 = never.
  std::chrono::milliseconds opened_at{0};
  /// open: when it becomes half-open. half_open: when unanswered probes are given up. Else 0.
  std::chrono::milliseconds retry_at{0};
  /// How long this opening lasts, or the last one did; 0 once closed: the next opening starts at the
  /// shortest.
  std::chrono::milliseconds open_for{0};
  /// half_open: probes out or passed, and those passed.
  std::uint32_t probes_started = 0;
  std::uint32_t probes_passed = 0;
  /// Why it is not closed: failures, probe_failed, or what the operator gave (cut at 128 bytes).
  std::string reason;

  friend bool operator==(const breaker_snapshot&, const breaker_snapshot&) = default;
};

struct breaker_transition {
  breaker_state from = breaker_state::closed;
  breaker_state to = breaker_state::closed;
  std::chrono::milliseconds at{0};
};

class circuit_breaker {
 public:
  using milliseconds = std::chrono::milliseconds;

  static constexpr std::uint32_t max_counted = 1'000;
  static constexpr std::size_t max_reason_bytes = 128;

  /// Settings out of their bounds are clamped.
  explicit circuit_breaker(const breaker_settings& settings = {});
  /// Other settings from now on; the state stays, and of what was counted what fits. How long an opening
  /// lasts is settled when it begins.
  void change(const breaker_settings& settings);

  /// One answer. While open or forced it is ignored: it belongs to a request sent before.
  std::optional<breaker_transition> record(breaker_answer answer, milliseconds now);
  /// The same as `count` single successes, in constant time (given the sample).
  std::optional<breaker_transition> record_successes(std::uint64_t count, milliseconds now);

  /// What time alone changes: open -> half_open at retry_at, and lost probes given back. Call before admit().
  std::optional<breaker_transition> advance(milliseconds now);
  /// How many of `wanted` requests may start; in half_open each is a probe and owes one record().
  std::uint32_t admit(std::uint32_t wanted, milliseconds now);
  /// Probes admitted but never started (the job was cancelled, expired): their places return.
  void give_back(std::uint32_t probes) noexcept;

  /// Ask right after record(failure): false = the failure opened the breaker, met it opening, or was a
  /// probe's.
  bool failure_costs_attempt() const noexcept;

  std::optional<breaker_transition> force_open(std::string_view reason, milliseconds now);
  std::optional<breaker_transition> force_closed(std::string_view reason, milliseconds now);
  /// Ends a forced state: closed, with nothing counted. Without one it changes nothing.
  std::optional<breaker_transition> automatic(milliseconds now);

  breaker_state state() const noexcept { return shared_.state; }
  breaker_snapshot snapshot(milliseconds now) const;
  /// Takes over what another process (or an earlier life of this one) stored. Closed over closed keeps what
  /// was counted here. Returns the change of state, if it was one.
  std::optional<breaker_transition> adopt(const breaker_snapshot& snapshot, milliseconds now);

 private:
  std::optional<breaker_transition> apply(breaker_event event, std::string_view reason, milliseconds now);
  std::optional<breaker_transition> count_failure(milliseconds now);
  std::optional<breaker_transition> pass_probes(std::uint64_t count, milliseconds now);
  bool should_trip(milliseconds now) const noexcept;
  std::uint32_t failures_within_window(milliseconds now) const noexcept;
  void push_answers(std::uint64_t count, bool failed);
  void forget_counts() noexcept;

  breaker_settings settings_;
  breaker_snapshot shared_;
  void trim() noexcept;

  std::deque<milliseconds> failure_times_;  // the latest, as many as the threshold
  std::deque<bool> answers_;                // the latest, as many as the sample; true: a failure
  std::uint32_t failed_ = 0;                // among answers_
};

}  // namespace dispatch
