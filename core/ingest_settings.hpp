#pragma once

// Who may hand jobs in over HTTP, as configured: [http.credentials.NAME], [http.sources.NAME], [gorush].
// Values only, part of actors/settings.hpp; api/config makes of them what requests are checked with.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/policy/request_windows.hpp"
#include "core/types.hpp"

namespace dispatch {

/// Which keys count depends on `type`; one set for another type is an error.
struct credential_settings {
  std::string name = "default";  ///< of the section
  std::string type = "key";      ///< key | jwt | hmac
  std::string tenant = "default";
  std::vector<std::string> scopes{"send"};  ///< send | read | admin

  std::vector<std::string> key_sha256;  ///< key: hex digests, several during rotation

  /// hmac: a secret a line, several during rotation; jwt with HS256: one. `secret` comes from the
  /// environment.
  std::string secret_file, secret;

  std::string algorithm = "ES256";  ///< jwt: HS256 | RS256 | ES256
  std::string issuer, key_id, audience;
  std::string public_key_file;  ///< jwt with RS256 or ES256
  std::chrono::milliseconds leeway{30'000};
  std::chrono::milliseconds max_lifetime{86'400'000};

  request_windows windows;  ///< keys per_minute, per_hour, per_day
};

struct source_settings {
  std::string name = "default";
  std::string tenant = "default";
  dispatch::lane lane = dispatch::lane::normal;
  std::string mapping_file;
  std::string verify = "standard-webhooks";  ///< standard-webhooks | hmac-sha256-hex | bearer
  std::string secret_file, secret;           ///< a secret a line, as above
  std::string signature_header;              ///< empty: the scheme's own
  std::string signature_prefix;              ///< hmac-sha256-hex: what stands before the digits, "sha256="
  std::string signature_form = "hex";        ///< hex | timestamped ("t=…,v1=…")
  std::chrono::milliseconds tolerance{300'000};
  /// Empty: webhook-id, X-GitHub-Delivery, else the body's hash. "/pointer", "header:NAME" or "body".
  std::string delivery_id;
  request_windows windows;
};

struct gorush_settings {
  std::string tenant;                   ///< of callers without credential; empty: there are none
  std::vector<std::string> allow_from;  ///< their addresses or CIDR; empty: nobody
  std::string app = "default";
  dispatch::lane lane = dispatch::lane::normal;
  std::uint32_t max_notifications = 100;
  request_windows windows;  ///< of all callers without credential together
};

}  // namespace dispatch
