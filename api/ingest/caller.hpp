#pragma once

// Who is at the other end, when proxies may stand between.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/address_list.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

bool is_trusted_proxy(std::string_view address, const std::vector<ip_network>& trusted);

/// The connection's address, unless that is a trusted proxy's: then the last address of X-Forwarded-For that
/// is not one. What stands before it in that header anybody could have written. nullopt: a trusted proxy
/// named no address.
std::optional<ip_address> caller_address(const http_request& request, const std::vector<ip_network>& trusted);

}  // namespace dispatch
