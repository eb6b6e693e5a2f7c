#pragma once

// How the process reaches Redis, by its settings.

#include <stdexcept>
#include <string>

#include "actors/settings.hpp"
#include "storage/redis_store.hpp"

namespace dispatch {

/// What of [redis] cannot be used. what() is without secrets.
class redis_setting_error : public std::invalid_argument {
 public:
  redis_setting_error(std::string which, const std::string& message)
      : std::invalid_argument(which + ": " + message), key(std::move(which)) {}
  std::string key;  ///< "redis.url"
};

/// Reads redis.password_file, and tries what the settings name: whoever only wants to know whether they can
/// be used asks here too. The consumer's name is the caller's business. Throws redis_setting_error.
redis_options redis_options_of(const settings& config);

}  // namespace dispatch
