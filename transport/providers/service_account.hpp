#pragma once

// Google's service account file, as the Firebase console hands it out.

#include <string>
#include <string_view>
#include <variant>

namespace dispatch {

struct service_account {
  std::string project_id;
  std::string private_key_id;
  std::string private_key;  ///< PEM; secret
  std::string client_email;
  std::string token_uri;
};

/// Names the field, never its value.
struct service_account_error {
  std::string message;
};

std::variant<service_account, service_account_error> parse_service_account(std::string_view json);

}  // namespace dispatch
