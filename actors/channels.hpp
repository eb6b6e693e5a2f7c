#pragma once

// Makes the scopes of an engine: for each configured provider and app its adapter, credential and channel.

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "actors/parts.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {

/// Adds the scopes to `parts` (whose peers the channels report to). A non-empty string is the error.
std::string make_scopes(const settings& config, const std::shared_ptr<io_thread>& thread,
                        const std::shared_ptr<engine_parts>& parts);

}  // namespace dispatch
