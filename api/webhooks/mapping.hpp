#pragma once

// How a payload becomes a job, as a source's mapping file says (docs/webhooks.md): which deliveries are
// wanted, and the job's fields with what is taken from the payload by JSON Pointer (RFC 6901). Compiled once.

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "transport/http/message.hpp"

namespace dispatch {

/// `pointer` is into the mapping file, or into the payload.
struct mapping_error {
  std::string pointer, message;
};

/// One "when" line: all must hold.
struct mapping_condition {
  std::string pointer;  ///< into the payload; or
  std::string header;   ///< a request header, in lower case
  std::vector<std::string>
      any_of;  ///< JSON texts of the values that will do; empty: only whether it is there
  bool exists = true;
};

struct mapping_node;

class webhook_mapping {
 public:
  static std::variant<webhook_mapping, mapping_error> compile(std::string_view json);

  webhook_mapping(webhook_mapping&&) noexcept;
  webhook_mapping& operator=(webhook_mapping&&) noexcept;
  ~webhook_mapping();

  bool wants(const http_request& request, simdjson::dom::element payload) const;

  /// The job document, at most 4 MiB. Texts from the payload are never taken for templates (text_guard).
  std::variant<std::string, mapping_error> apply(simdjson::dom::element payload, std::string_view tenant,
                                                 std::string_view id) const;

 private:
  webhook_mapping();
  std::vector<mapping_condition> when_;
  std::unique_ptr<mapping_node> job_;
};

}  // namespace dispatch
