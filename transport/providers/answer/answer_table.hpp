#pragma once

// What decides about a provider's answer: one table a provider, first row that fits wins. docs/providers.md
// shows the same tables; a test compares them.

#include <cstdint>
#include <span>
#include <string_view>

#include "core/job/job.hpp"
#include "transport/message.hpp"
#include "transport/providers/verdict.hpp"

namespace dispatch {

/// What a row wants to see besides status and code.
enum class evidence : std::uint8_t {
  none,
  own_error,     ///< the code stands in the provider's own error record, not merely in a generic status
  names_token,   ///< the answer says that it is the token it refuses
  device_quota,  ///< the quota exceeded is the device's
  not_json,      ///< the body is not the provider's JSON (a front end's HTML page, nothing)
  html_page,     ///< the body is a page, so it is not the provider that answers
  other_key      ///< the answer says that the target belongs to another sender's key
};

struct answer_facts {
  int status = 0;
  std::string_view code;  ///< the provider's error code or reason, "" when there is none
  bool own_error = false;
  bool names_token = false;
  bool device_quota = false;
  bool is_json = false;
  bool is_html = false;
  bool other_key = false;
};

struct answer_row {
  std::string_view code;  ///< "" = any
  verdict what;
  int status;  ///< 0 = any, 1 to 9 = that class, else exactly
  evidence needs;
  bool by_setting;  ///< the outcome is the operator's choice; what the row has is the default
};

/// The last row of a table fits everything.
const answer_row& find_row(std::span<const answer_row> table, const answer_facts& facts) noexcept;

/// A request that has no status. `why` is not none.
verdict unanswered(send_failure why) noexcept;

/// Retry-After of the answer, where the verdict is to retry; else what the table says stays.
void apply_retry_after(verdict& what, std::string_view retry_after, epoch_ms now);

// How the tables are written: one word for each action of the facts page.

constexpr answer_row when(int status, std::string_view code, evidence needs, verdict what) noexcept {
  return {code, what, status, needs, false};
}
constexpr answer_row by_setting(answer_row row) noexcept {
  row.by_setting = true;
  return row;
}

/// What the first wait is when a quota is used up and the provider names none: FCM's quotas are per minute.
inline constexpr std::chrono::milliseconds quota_wait{60'000};

constexpr verdict delivered() noexcept {
  return {};
}

constexpr verdict ends(outcome result, std::string_view reason) noexcept {
  verdict what;
  what.result = result;
  what.counts = verdict::health::neutral;
  what.reason = reason;
  return what;
}
constexpr verdict fails(std::string_view reason) noexcept {
  return ends(outcome::failed, reason);
}
constexpr verdict drops(std::string_view reason) noexcept {
  return ends(outcome::invalid_token, reason);
}
constexpr verdict sets_aside(std::string_view reason) noexcept {
  return ends(outcome::quarantined, reason);
}

constexpr verdict with_alert(verdict what) noexcept {
  what.alert = true;
  return what;
}

/// Ends the recipient, and the breaker counts it: many in a row are a fault of the sender's.
constexpr verdict counted(verdict what) noexcept {
  what.counts = verdict::health::failure;
  return what;
}

constexpr verdict retries(std::string_view reason) noexcept {
  auto what = ends(outcome::delivered, reason);
  what.what = verdict::kind::retry;
  return what;
}
constexpr verdict retries_after(std::string_view reason, std::chrono::milliseconds wait,
                                verdict::scope_hold hold) noexcept {
  auto what = retries(reason);
  what.retry_after = wait;
  what.hold = hold;
  return what;
}
/// The provider's own trouble: the breaker counts it.
constexpr verdict breaks(std::string_view reason) noexcept {
  return counted(retries(reason));
}
constexpr verdict breaks_unknown(std::string_view reason) noexcept {
  auto what = breaks(reason);
  what.outcome_unknown = true;
  return what;
}
/// Nothing works until a person has looked: neither this token nor another.
constexpr verdict breaks_credential(std::string_view reason) noexcept {
  return with_alert(breaks(reason));
}

constexpr verdict reconnecting(verdict what) noexcept {
  what.new_connection = true;
  return what;
}

/// It never reached the provider, or was refused for the engine's own fault: costs the recipient nothing.
constexpr verdict free_of_charge(verdict what) noexcept {
  what.what = verdict::kind::retry_free;
  return what;
}

/// Try again at once with another credential.
constexpr verdict renews_credential(std::string_view reason) noexcept {
  auto what = free_of_charge(retries(reason));
  what.refresh_credential = true;
  return what;
}

}  // namespace dispatch
