#pragma once

// One configured [smtp.NAME], read and checked: what its channel is made of.

#include <memory>
#include <string>
#include <variant>

#include "actors/settings.hpp"
#include "transport/providers/adapter.hpp"
#include "transport/smtp/pool.hpp"

namespace dispatch {

struct smtp_kit {
  std::shared_ptr<const provider_adapter> adapter;
  smtp::pool_options pool;  ///< user name and password included
  /// Digest of user name and password: whether a reload brings others.
  std::string fingerprint;
};

/// A string is the error, with the key and without secrets.
std::variant<smtp_kit, std::string> make_smtp_kit(const smtp_app& app);

}  // namespace dispatch
