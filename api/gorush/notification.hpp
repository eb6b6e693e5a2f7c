#pragma once

// One of gorush's notifications as a job document. Inner header of push.

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <variant>

#include "api/gorush/push.hpp"

namespace dispatch {

struct pushed_notification {
  std::string document;
  std::size_t counts = 0;
};

/// Or why it cannot be one.
std::variant<pushed_notification, push_refusal> convert_notification(simdjson::dom::object notification,
                                                                     const push_options& options);

}  // namespace dispatch
