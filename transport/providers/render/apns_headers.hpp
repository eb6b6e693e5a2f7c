#pragma once

// The request headers of an APNs push that differ by job or recipient. Overrides may replace them, but for
// those the engine answers for: apns-topic (configuration) and apns-id (the dedupe key).

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/job/job.hpp"
#include "core/job/text_template.hpp"
#include "transport/message.hpp"

namespace dispatch {

enum class header_status : std::uint8_t { ok, missing_variable, invalid };

class apns_headers {
 public:
  /// Of the message alone. `alerting`: see is_alerting().
  apns_headers(const job& source, bool alerting);

  /// Merges overrides.apns.headers. False when one of them may not be set or is neither string nor number;
  /// then `error` says which.
  bool override_with(const boost::json::object& headers, std::string& error);

  /// Appends to `out`. `detail` names the missing variable, or the header whose value cannot be sent.
  header_status render(const job& source, const recipient& who, const dedupe_key& key, header_list& out,
                       std::string& detail) const;

  std::string_view push_type() const noexcept { return push_type_; }

 private:
  struct field {
    std::string name;
    text_template value;
  };
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  std::vector<field> fields_;
  std::string push_type_;
};

/// Whether a header may have this value (RFC 9110 section 5.5, RFC 9113 section 8.2.1): no control
/// character, no blank at an end. Anything else would be request smuggling or a broken stream.
bool is_header_value(std::string_view value) noexcept;

}  // namespace dispatch
