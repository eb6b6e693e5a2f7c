#pragma once

// FCM's bearer token: a service account's signed assertion exchanged at Google's token endpoint (RFC 7523),
// kept until shortly before its end.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "transport/message.hpp"
#include "transport/providers/credential.hpp"
#include "transport/providers/io_timer.hpp"
#include "transport/providers/service_account.hpp"

namespace dispatch {

class io_thread;

struct fcm_credential_options {
  std::string ca_file = {};  ///< PEM; empty = the system's store
  std::chrono::milliseconds request_timeout{10'000};
  /// Renewed when less than this, or less than a tenth of its life, is left: whichever is shorter.
  std::chrono::milliseconds renew_before{300'000};
  std::chrono::milliseconds backoff_base{1'000};  ///< full jitter, doubling
  std::chrono::milliseconds backoff_cap{60'000};
  std::size_t max_waiting = 1'024;  ///< await() past it fails at once
  std::uint64_t seed = 0;           ///< of the jitter; 0 = from the system
  /// Milliseconds since the Unix epoch; empty = the system's clock.
  std::function<epoch_ms()> now = {};
};

/// What the credential needs of the world; the real thing is wired by make_fcm_credential.
struct fcm_credential_world {
  std::function<epoch_ms()> now;
  after_function after;
  /// Posts the form to the token endpoint; calls back exactly once, later. `note` says why there is no
  /// status, for the log.
  std::function<void(std::string form,
                     std::function<void(provider_answer&& answer, const std::string& note)>)>
      post;
};

/// Parts of https://host[:port]/path; empty endpoint when it is not of that form.
struct token_endpoint {
  std::string endpoint;
  std::string path;
};
token_endpoint split_token_uri(const std::string& uri);

using fcm_credential_result = std::variant<std::unique_ptr<credential>, std::string>;

/// Any thread; the credential itself lives on `thread` and is destroyed there. A string is the error: which
/// field of the account is unusable, without its value.
fcm_credential_result make_fcm_credential(io_thread& thread, service_account account,
                                          fcm_credential_options options);
/// The same with everything around it given: for tests.
fcm_credential_result make_fcm_credential(fcm_credential_world world, service_account account,
                                          fcm_credential_options options);

}  // namespace dispatch
