#pragma once

// The kinds of push APNs knows and what goes with each. Source: Apple, "Sending notification requests to
// APNs" (apns-push-type, apns-topic, apns-priority); docs/providers.md shows the table, and a test compares.

#include <boost/json/object.hpp>
#include <cstddef>
#include <span>
#include <string_view>

#include "core/job/job.hpp"

namespace dispatch {

struct apns_push_type {
  std::string_view name;          ///< apns-push-type
  std::string_view topic_suffix;  ///< of apns-topic, behind the bundle id
  std::string_view priority;      ///< the only apns-priority there is; empty: the job's
  std::string_view expiration;    ///< apns-expiration of a job without expires_at; empty: none
  std::size_t max_bytes;          ///< of the payload
  /// Whether an app gets the payload to see: then it has the dispatch_id. What only the system reads (a Live
  /// Activity, a widget, an MDM check-in) holds nothing it does not know.
  bool reaches_app;
};

std::span<const apns_push_type> apns_push_types() noexcept;

/// By overrides.apns.headers, else alert or background by what the message has (is_alerting()). nullptr: the
/// overrides name one there is not. `overrides` may be null.
const apns_push_type* push_type_of(const message& what, const boost::json::object* overrides) noexcept;

}  // namespace dispatch
