#include "actors/webpush_seal.hpp"

#include <memory>
#include <stdexcept>

#include "transport/providers/webpush/message_encryption.hpp"

namespace dispatch {

sealing_pool::seal_function make_webpush_seal() {
  return [sealer = std::make_shared<message_sealer>()](const recipient& who, std::string& body) {
    const auto done = sealer->seal(who.p256dh, who.auth, body);
    // The adapter has measured it: no recipient's fault.
    if (done == seal_status::too_large) throw std::length_error(std::string(to_string(done)));
    return done == seal_status::ok ? std::string() : std::string(to_string(done));
  };
}

}  // namespace dispatch
