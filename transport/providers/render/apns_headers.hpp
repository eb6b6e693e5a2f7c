#pragma once

// The request headers of an APNs push that differ by job or recipient. Overrides may replace them, but for
// those the engine answers for: apns-topic (configuration and push type), the dedupe key's and the channel's.

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/job/job.hpp"
#include "core/job/text_template.hpp"
#include "transport/message.hpp"
#include "transport/providers/render/apns_push_type.hpp"

namespace dispatch {

enum class header_status : std::uint8_t { ok, missing_variable, too_large, invalid };

class apns_headers {
 public:
  /// `bundle`: what apns-topic begins with.
  apns_headers(const job& source, const apns_push_type& type, std::string_view bundle);

  /// Merges overrides.apns.headers. False when one of them may not be set, or not so; then `error` says
  /// which.
  bool override_with(const boost::json::object& headers, std::string& error);

  /// Appends what a push to a device has, at most max_own_header_bytes of it. `detail` names the missing
  /// variable, or the header whose value cannot be sent.
  header_status render(const job& source, const recipient& who, const dedupe_key& key, header_list& out,
                       std::string& detail) const;
  /// Likewise to the channel the recipient names (Apple, "Sending broadcast push notification requests"):
  /// neither topic nor collapse id.
  header_status render_broadcast(const job& source, const recipient& who, const dedupe_key& key,
                                 header_list& out, std::string& detail) const;

 private:
  struct field {
    std::string name;
    text_template value;
  };
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  const field* find(std::string_view name) const noexcept;
  /// `room`: bytes that may still be added; less afterwards.
  static header_status append(const field& from, const job& source, const recipient& who, std::size_t& room,
                              header_list& out, std::string& detail);

  const apns_push_type& type_;
  std::vector<field> fields_;
};

inline constexpr std::string_view push_type_header = "apns-push-type";

/// Names of headers know no case. `lower`: in lower case.
bool is_header(std::string_view name, std::string_view lower) noexcept;

/// Whether a header may have this value (RFC 9110 section 5.5, RFC 9113 section 8.2.1): no control
/// character, no blank at an end. Anything else would be request smuggling or a broken stream.
bool is_header_value(std::string_view value) noexcept;

}  // namespace dispatch
