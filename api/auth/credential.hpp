#pragma once

// Who is calling. One request carries one credential (an API key, a JWT, or the signature of Standard
// Webhooks) and is refused or becomes a principal: a tenant, scopes and limits. Pure: no I/O, no clock; any
// thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/policy/request_windows.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

enum class scope : std::uint8_t { send, read, admin };
std::string_view to_string(scope value) noexcept;
std::optional<scope> parse_scope(std::string_view text) noexcept;

/// None implies another: `admin` alone may not send.
class scope_set {
 public:
  void add(scope what) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | bit(what)); }
  bool has(scope what) const noexcept { return (bits_ & bit(what)) != 0; }

 private:
  static constexpr std::uint8_t bit(scope what) noexcept {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(what));
  }
  std::uint8_t bits_ = 0;
};

struct principal {
  std::string credential;  ///< "key:NAME", "source:NAME", "gorush": whose requests are counted; for logs too
  std::string tenant;
  scope_set scopes;
  request_windows windows;
};

/// What must be stored once, and be refused when it is there already.
struct replay_guard {
  std::string key;
  std::chrono::seconds ttl{0};  ///< until the timestamp it came with is too old anyway
};

struct authenticated {
  std::shared_ptr<const principal> who;
  std::optional<replay_guard> once;  ///< of HMAC credentials
};

/// `detail` and `challenge` say nothing that a guesser could use.
struct auth_problem {
  int status = 401;
  std::string detail;
  std::string challenge;  ///< WWW-Authenticate; not empty with 401
};

using auth_result = std::variant<authenticated, auth_problem>;

struct credential_table;  // api/auth/credential_table.hpp
class verified_tokens;    // api/auth/verified_tokens.hpp

class authenticator {
 public:
  /// `tokens`, which must outlive it, spares the second verification of a token; may be left out.
  explicit authenticator(std::shared_ptr<const credential_table> table, verified_tokens* tokens = nullptr)
      : table_(std::move(table)), tokens_(tokens) {}

  /// Reads the headers and, for HMAC, the body. `now` is the wall clock. Refused are also two credentials at
  /// once and a header that comes twice.
  auth_result check(const http_request& request, std::chrono::system_clock::time_point now) const;
  /// The same by the headers alone. nullopt: signed, and only with its body it shows whether well.
  std::optional<auth_result> check_head(const http_request& request,
                                        std::chrono::system_clock::time_point now) const;

 private:
  auth_result check_token(std::string_view token, std::chrono::system_clock::time_point now) const;

  std::shared_ptr<const credential_table> table_;
  verified_tokens* tokens_;
};

/// Whether there is anything that check() would look at.
bool brings_credential(const http_request& request) noexcept;

/// 403 when the principal has not that scope.
std::optional<auth_problem> lacks(const principal& who, scope needed);

}  // namespace dispatch
