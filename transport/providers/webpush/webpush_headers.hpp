#pragma once

// The headers of a push message (RFC 8030 section 5) that differ by job or recipient: TTL, Urgency, Topic.
// What all messages have comes with the credential.

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "core/digest.hpp"
#include "core/job/job.hpp"
#include "core/job/text_template.hpp"
#include "transport/message.hpp"

namespace dispatch {

/// 28 days: FCM's push service keeps no message longer.
inline constexpr std::int64_t max_webpush_ttl_seconds = 2'419'200;

class webpush_headers {
 public:
  explicit webpush_headers(const job& source);

  /// Merges overrides.webpush.headers. False when one of them may not be set, or not so; then `error` says
  /// why.
  bool override_with(const boost::json::object& headers, std::string& error);

  /// Appends to `out`. `ttl_seconds` unless the job has its own. When the recipient lacks a variable
  /// `missing` names it; the topic's text may have max_collapse_text_bytes.
  fill_status render(const job& source, const recipient& who, const dedupe_key& key, std::int64_t ttl_seconds,
                     header_list& out, std::string_view& missing) const;

 private:
  bool set_ttl(const boost::json::value& value);
  bool set_urgency(const boost::json::value& value);
  bool set_topic(const boost::json::value& value);

  std::optional<std::int64_t> ttl_;
  std::string_view urgency_;  ///< a literal; empty: none
  bool has_topic_ = true;
  std::optional<text_template> topic_;  ///< none: the dedupe key
};

}  // namespace dispatch
