#pragma once

#include <string>

#include "transport/http/message.hpp"

namespace dispatch {

/// Whether the process takes work, or lives at all.
struct readiness {
  bool ready = false;
  std::string reason = {};  ///< why not, for people: "draining", "redis is away"
  std::string note = {};    ///< also when it is: what is not safe; may be empty
};

/// 200 with `good` and then the note, or 503 with the reason and Retry-After.
http_response readiness_response(const readiness& state, std::string_view good);

}  // namespace dispatch
