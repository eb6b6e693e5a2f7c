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

/// Or why it cannot be one, for people.
std::variant<pushed_notification, std::string> convert_notification(simdjson::dom::object notification,
                                                                    const push_options& options);

}  // namespace dispatch
