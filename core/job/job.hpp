#pragma once

// One job as the contract has it: a message, its recipients, and when it may be sent. Immutable once parsed.
// All text is unescaped UTF-8 in the job's own arena: the views live as long as the job.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "core/types.hpp"

namespace dispatch {

/// Milliseconds since the Unix epoch.
using epoch_ms = std::chrono::milliseconds;

enum class target_kind : std::uint8_t { token, fid, topic, condition, channel, subscription, address, url };
/// Whether it names one device or mailbox, which its provider may call dead.
constexpr bool is_device(target_kind kind) noexcept {
  return kind == target_kind::token || kind == target_kind::fid || kind == target_kind::subscription ||
         kind == target_kind::address;
}

enum class device_priority : std::uint8_t { unset, normal, high };

struct recipient {
  dispatch::platform platform{};
  target_kind kind{};
  /// Position in the job as it was first accepted: part of the dedupe key, so a parked or dead-lettered rest
  /// of a job keeps the numbers of the whole.
  std::uint64_t index = 0;
  std::string_view id;      ///< the producer's name for it, may be empty
  std::string_view target;  ///< token, topic, endpoint, address …, by `kind`
  std::string_view p256dh;  ///< subscription only
  std::string_view auth;    ///< subscription only
  std::uint32_t first_var = 0;
  std::uint32_t var_count = 0;
};

struct message {
  std::string_view title, body, image, link, sound;
  std::optional<std::int32_t> badge;
  std::vector<std::pair<std::string_view, std::string_view>> data;
};

/// Raw JSON objects (minified), empty when absent; merged over what the engine builds for that provider.
struct overrides {
  std::string_view android, apns, webpush, email, webhook;
};

class job {
 public:
  std::string_view tenant;  ///< "default" when absent
  std::string_view id;      ///< empty when absent: the intake names it LANE-ENTRYID (see name())
  std::string_view app;     ///< "default" when absent
  std::optional<epoch_ms> send_at;
  std::optional<epoch_ms> expires_at;
  std::string_view collapse_key;
  device_priority priority = device_priority::unset;
  dispatch::message message;
  dispatch::overrides overrides;
  std::vector<dispatch::recipient> recipients;
  std::vector<std::pair<std::string_view, std::string_view>> variables;  ///< of all recipients, see first_var
  std::string_view audience;  ///< NAME of NS:audience:TENANT:NAME; then recipients is empty
  bool dry_run = false;

  /// The document as it came, kept for parking, dead letters and the idempotency digest.
  std::string document;

  /// Of a rest that refers to its job's content: that content, a job without recipients that many rests
  /// share. Message and overrides stand only there, so that each rest costs no more than its recipients;
  /// everything else above is the content's too. `document` then holds recipients alone.
  std::shared_ptr<const job> content;
  /// Where message and overrides are.
  const job& with_message() const noexcept { return content ? *content : *this; }

  /// The recipient's variable of that name; nullopt when it has none.
  std::optional<std::string_view> variable(const recipient& who, std::string_view name) const noexcept {
    for (std::uint32_t i = 0; i < who.var_count; ++i) {
      const auto& [key, value] = variables[who.first_var + i];
      if (key == name) return value;
    }
    return std::nullopt;
  }

  /// Gives a job without an id the id derived from where it was stored. Before it is shared only.
  void name(std::string id_text) {
    given_id_ = std::move(id_text);
    id = given_id_;
  }
  /// True when the producer gave the id (then the job has a hash and idempotency).
  bool has_own_id() const noexcept { return given_id_.empty() && !id.empty(); }

  job() = default;
  job(const job&) = delete;
  job& operator=(const job&) = delete;

 private:
  friend class job_parser;
  std::unique_ptr<char[]> arena_;
  std::string given_id_;
};

}  // namespace dispatch
