#pragma once

#include <memory>

#include "transport/providers/credential.hpp"

namespace dispatch {

/// The headers all webhooks have. A webhook is authorised by its signature, made with each request, so this
/// credential is always there, never ends and cannot be refused.
std::unique_ptr<credential> make_webhook_headers();

}  // namespace dispatch
