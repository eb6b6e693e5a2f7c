#pragma once

// A provider certificate instead of tokens: requests carry no authorization, the connection shows who we are.

#include <memory>

#include "transport/crypto/client_identity.hpp"
#include "transport/providers/credential.hpp"
#include "transport/providers/io_timer.hpp"

namespace dispatch {

/// No headers. `after` is a timer of the credential's io thread.
std::unique_ptr<credential> make_certificate_credential(client_identity_ptr identity, after_function after);

}  // namespace dispatch
