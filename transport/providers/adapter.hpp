#pragma once

// What differs from provider to provider, as pure functions: how a job becomes request bodies, and what an
// answer means. Immutable after construction; any thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/digest.hpp"
#include "core/job/job.hpp"
#include "transport/message.hpp"
#include "transport/providers/verdict.hpp"

namespace dispatch {

/// A job's message compiled for one provider and platform: everything that is the same for all recipients.
struct compiled_message {
  virtual ~compiled_message() = default;
};

enum class render_status : std::uint8_t {
  ok,
  missing_variable,
  payload_too_large,
  unsupported_target,
  invalid_subscription,  ///< its keys are no keys; of a dry run, where nothing is encrypted that would show
                         ///< it
  /// The job's message cannot be said to this provider at all (an override of the wrong shape, a control
  /// character where a header is made): outcome failed, reason invalid_message.
  invalid_message
};

class provider_adapter {
 public:
  virtual ~provider_adapter() = default;

  virtual provider kind() const noexcept = 0;
  /// True when a dry_run goes to the provider (FCM's validate_only). Otherwise render() is as far as it goes.
  virtual bool sends_dry_run() const noexcept { return false; }
  /// True when recipients of one app live at many places (push services, webhooks' hosts), so that each
  /// origin has connections, breaker and limits of its own.
  virtual bool by_origin() const noexcept { return false; }
  /// Where requests to this recipient go, scheme://authority (only when by_origin()); empty: its target is no
  /// usable URL, or one this app must not send to.
  virtual std::string origin_of(const recipient&) const { return {}; }
  /// Once a job and platform. What differs by recipient, and what depends on now (a ttl), comes in render().
  virtual std::unique_ptr<compiled_message> compile(const job& source, platform target) const = 0;
  /// Fills path, own headers and body of `out` (not correlation, shared, lane, deadline).
  /// `detail` (may be left empty) names the missing variable or the size.
  virtual render_status render(const compiled_message& message, const job& source, const recipient& who,
                               const dedupe_key& key, provider_request& out, std::string& detail) const = 0;
  /// `now` is milliseconds since the epoch, for Retry-After as a date. The ordinary 200 is decided without
  /// parsing its body.
  virtual verdict classify(const provider_answer& answer, epoch_ms now) const = 0;
  /// The provider's name for the accepted message ("" when the answer has none).
  virtual std::string provider_id(const provider_answer& answer) const = 0;
};

}  // namespace dispatch
