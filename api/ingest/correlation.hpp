#pragma once

// What one request is known by in logs, in the job's stream entry and in its results.

#include <string>
#include <string_view>

#include "core/policy/uuid.hpp"

namespace dispatch {

/// 1 to 128 of A-Z a-z 0-9 . _ : @ / + = - : nothing that could break a log line or a header.
bool is_correlation_id(std::string_view text) noexcept;

/// traceparent of W3C Trace Context, version 00.
bool is_traceparent(std::string_view text) noexcept;

/// UUIDs of version 7 for what came without a name. Not secret. One thread.
class id_source {
 public:
  id_source();
  std::string next();

 private:
  uuid_v7_generator generator_;
  random_bits state_;
};

}  // namespace dispatch
