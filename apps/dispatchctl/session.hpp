#pragma once

// The way to Redis for every command: options, key names as the contract has them, and errors as exceptions
// that become exit codes in main.

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/types.hpp"
#include "storage/redis_client.hpp"

namespace dispatch::ctl {

/// The caller's mistake: exit code 2.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// It could not be done: exit code 1.
class command_failed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct session_options {
  std::string url = "redis://127.0.0.1:6379";
  bool url_typed = false;  ///< given as an argument, which every user of the machine can read
  std::string ca_file;
  std::string password_file;
  std::optional<std::string> password;  ///< from the environment
  std::string name_space = "dispatch";
};

/// The options' URL with the password (file before environment) put in. Throws usage_error for a URL that
/// cannot be used or that carries a password among the arguments, and for an unreadable file.
std::string url_with_password(const session_options& options);

class session {
 public:
  using reply = redis::reply;

  explicit session(const session_options& options);

  std::string lane_key(lane which) const;
  std::string job_key(std::string_view tenant, std::string_view id) const;
  std::string key(std::string_view rest) const { return name_space_ + ":" + std::string{rest}; }

  /// Throws command_failed for Redis's own errors, redis_unavailable without an answer.
  reply ask(std::vector<std::string> command);
  /// Replies of kind error are for the caller to judge.
  std::vector<reply> ask_all(std::vector<std::vector<std::string>> commands);
  /// The rest of every key that begins with NS:PREFIX, unordered, at most `limit`. Never blocks Redis (SCAN).
  std::vector<std::string> scan(std::string_view prefix, std::size_t limit);
  /// For what storage/ knows how to do itself.
  redis_client& client() noexcept { return client_; }
  const std::string& name_space() const noexcept { return name_space_; }
  /// Redis's clock, which entry ids are made with: milliseconds since the epoch.
  std::int64_t now_ms();

 private:
  redis_client client_;
  std::string name_space_;
};

}  // namespace dispatch::ctl
