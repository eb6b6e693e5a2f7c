#pragma once

// Credentials as providers hand them out, made when they are asked for.

#include <boost/json.hpp>
#include <string>

#include "tests/support/key_pair.hpp"

namespace dispatch::testing {

/// Made once: an RSA key takes a while.
inline const std::string& rsa_key() {
  static const std::string made = test::make_rsa_keys().private_pem;
  return made;
}
inline const std::string& ec_key() {
  static const std::string made = test::make_ec_keys().private_pem;
  return made;
}

/// Google's JSON around a private key.
inline std::string service_account(const std::string& private_key = rsa_key()) {
  return boost::json::serialize(boost::json::object{{"type", "service_account"},
                                                    {"project_id", "project"},
                                                    {"private_key_id", "1"},
                                                    {"private_key", private_key},
                                                    {"client_email", "a@project.example"}});
}

}  // namespace dispatch::testing
