#pragma once

// Web Push's part in a pool of sealing threads. The rest of its kit: app_kit.hpp.

#include "actors/sealing_pool.hpp"

namespace dispatch {

/// Once a thread: what it gives keeps OpenSSL's objects from message to message.
sealing_pool::seal_function make_webpush_seal();

}  // namespace dispatch
