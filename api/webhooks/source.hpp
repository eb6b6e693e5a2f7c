#pragma once

// One configured source of webhooks: proves that a delivery comes from it, decides whether it is wanted, and
// makes a job of it. Pure; any thread.

#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "api/auth/credential.hpp"
#include "api/webhooks/mapping.hpp"
#include "api/webhooks/verification.hpp"
#include "core/types.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

/// Not checked against the rules of jobs yet: the job parser does that.
struct webhook_job {
  std::string id;        ///< SOURCE:DELIVERY, also in the document
  std::string document;  ///< with `tenant` and `id`
};

/// Authentic, but the source's filter does not want it.
struct webhook_filtered {};

/// 401 (not authentic) or 422 (no job can be made of it); `pointer` is to the payload's value.
struct webhook_problem {
  int status = 422;
  std::string pointer, detail;
};

using webhook_conversion = std::variant<webhook_job, webhook_filtered, webhook_problem>;

/// Where a delivery's id is found.
struct delivery_id_rule {
  enum class kind : std::uint8_t { usual, pointer, header, body };
  kind from = kind::usual;  ///< webhook-id, X-GitHub-Delivery, else the body's hash
  std::string name;         ///< JSON Pointer, or header in lower case

  /// "", "/pointer", "header:NAME" or "body".
  static std::optional<delivery_id_rule> parse(std::string_view text);
};

class webhook_source {
 public:
  webhook_source(std::string name, principal who, dispatch::lane lane, webhook_verification verification,
                 delivery_id_rule id, webhook_mapping mapping);

  const std::shared_ptr<const principal>& who() const noexcept { return who_; }
  dispatch::lane lane() const noexcept { return lane_; }

  /// Whether a delivery comes from here, by its headers alone. nullopt: only with its body it shows.
  std::optional<bool> is_authentic_by_head(const http_request& head,
                                           std::chrono::system_clock::time_point now) const {
    return dispatch::is_authentic_by_head(verification_, head, now);
  }
  webhook_conversion convert(const http_request& request, std::chrono::system_clock::time_point now) const;

 private:
  std::string job_id(const http_request& request, simdjson::dom::element payload) const;

  std::string name_;
  std::shared_ptr<const principal> who_;
  dispatch::lane lane_;
  webhook_verification verification_;
  delivery_id_rule id_;
  webhook_mapping mapping_;
};

}  // namespace dispatch
