#pragma once

// How the process reaches Redis, by its settings.

#include "actors/settings.hpp"
#include "storage/redis_store.hpp"

namespace dispatch {

/// Reads redis.password_file. The consumer's name is the caller's business.
redis_options redis_options_of(const settings& config);

}  // namespace dispatch
