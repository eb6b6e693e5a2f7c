#pragma once

// key new and sign: making credentials for the HTTP side, and using them by hand. Neither needs Redis.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace dispatch::ctl {

struct new_key_options {
  std::string type = "key";  ///< key | hmac
  std::string name = "NAME";
  std::string tenant = "default";
  std::vector<std::string> scopes{"send"};
  std::int64_t per_minute = -1, per_hour = -1, per_day = -1;  ///< negative: the default, and not printed
  bool json = false;
};

/// Prints the key, this once, and the section for dispatchd.toml that knows only its digest (hmac: where the
/// secret is to be stored).
int run_new_key(const new_key_options& options);

struct sign_options {
  std::string secret_file;     ///< its first secret; else the environment's DISPATCHCTL_SECRET
  std::string body = "-";      ///< file, - is standard input
  std::string id;              ///< empty: a new one
  std::int64_t timestamp = 0;  ///< 0: now
  bool json = false;

  std::string jwt;  ///< HS256 | RS256 | ES256: a token instead of headers
  std::string key_file, issuer, audience, key_id, subject;
  std::int64_t expires_in = 3'600;  ///< seconds
};

/// Prints the headers of Standard Webhooks for a body, one a line as curl -H @- takes them, or a token.
/// Throws usage_error.
int run_sign(const sign_options& options);

/// The parts that can be looked at without printing. `random` is the key's bytes.
std::string new_key_text(const new_key_options& options, const std::string& random);
std::string signed_headers(const sign_options& options, const std::string& secret, const std::string& body,
                           std::chrono::system_clock::time_point now);
std::string signed_token(const sign_options& options, const std::string& key,
                         std::chrono::system_clock::time_point now);

}  // namespace dispatch::ctl
