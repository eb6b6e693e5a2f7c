#pragma once

#include <string_view>

namespace dispatch {

/// FCM answers INVALID_ARGUMENT to these, for every recipient of the job:
/// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages#Message (data).
constexpr bool is_reserved_data_key(std::string_view key) noexcept {
  return key == "from" || key == "message_type" || key.starts_with("google") || key.starts_with("gcm");
}

}  // namespace dispatch
