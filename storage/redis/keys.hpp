#pragma once

// The names of all keys (docs/storage.md).

#include <string>
#include <string_view>

#include "core/token_fingerprint.hpp"
#include "storage/records.hpp"

namespace dispatch::redis {

inline constexpr std::string_view schema_version = "1";
inline constexpr std::string_view group_name = "dispatchers";

class keyspace {
 public:
  explicit keyspace(std::string name_space) : prefix_(std::move(name_space) + ":") {}

  const std::string& prefix() const noexcept { return prefix_; }
  std::string meta() const { return prefix_ + "meta"; }
  std::string owners() const { return prefix_ + "owners"; }
  std::string owner(std::string_view consumer) const { return (prefix_ + "owner:").append(consumer); }
  std::string epoch() const { return prefix_ + "epoch"; }
  std::string control() const { return prefix_ + "control"; }
  /// Of no record: what a user may do is tried with it, and undone.
  std::string permission_probe() const { return prefix_ + "permissions"; }
  std::string waiting() const { return prefix_ + "waiting"; }
  /// What the names of all waiting lists begin with.
  std::string wait_prefix() const { return prefix_ + "wait:"; }
  std::string due() const { return prefix_ + "due"; }
  std::string due_items() const { return prefix_ + "due:items"; }
  std::string progress() const { return prefix_ + "progress"; }
  std::string suspects() const { return prefix_ + "suspects"; }
  std::string paused() const { return prefix_ + "paused"; }
  std::string results() const { return prefix_ + "results"; }
  /// How many posts have not ended, and how many were dropped.
  std::string outbox_state() const { return prefix_ + "outbox:state"; }
  std::string tokens() const { return prefix_ + "tokens"; }
  std::string dead() const { return prefix_ + "dead"; }
  std::string suppressed() const { return prefix_ + "suppressed"; }
  std::string suppressed(const token_fingerprint& token) const { return suppressed() + ":" + token.text(); }
  /// Webhooks' endpoints that are disabled until an operator enables them.
  std::string endpoints() const { return prefix_ + "endpoints"; }
  /// Recipients a producer has written for a job to come.
  std::string audience(std::string_view tenant, std::string_view name) const {
    return (prefix_ + "audience:").append(tenant).append(":").append(name);
  }
  /// The same list, taken over by the job.
  std::string taken(std::string_view tenant, std::string_view id) const {
    return (prefix_ + "taken:").append(tenant).append(":").append(id);
  }
  /// Tokens of a scope that an operator is to decide on.
  std::string withheld(std::string_view scope) const { return (prefix_ + "withheld:").append(scope); }
  /// Requests a credential has made over HTTP in the windows of now.
  std::string request_counter(std::string_view whose) const { return (prefix_ + "requests:").append(whose); }
  /// There while a signed request must not be used again.
  std::string replay_mark(std::string_view of) const { return (prefix_ + "replay:").append(of); }
  std::string limit(std::string_view scope) const { return (prefix_ + "limit:").append(scope); }
  std::string breaker(std::string_view scope) const { return (prefix_ + "breaker:").append(scope); }
  std::string job(std::string_view tenant, std::string_view id) const {
    return (prefix_ + "job:").append(tenant).append(":").append(id);
  }
  /// What a job's rests and dead letters refer to: stored_content::ref.
  std::string content(std::string_view ref) const { return (prefix_ + "content:").append(ref); }
  std::string lane(dispatch::lane which) const {
    switch (which) {
      case lane::high:
        return prefix_ + "jobs:high";
      case lane::bulk:
        return prefix_ + "jobs:bulk";
      case lane::results:
        return prefix_ + "outbox";
      default:
        return prefix_ + "jobs";
    }
  }
  /// A lane, or a waiting list.
  std::string stream(const source& from) const {
    if (from.scope.empty()) return lane(from.lane);
    return wait_prefix().append(from.scope).append(":").append(to_string(from.lane));
  }
  /// An entry as it stands in fields and values: "STREAM ID".
  std::string entry(const entry_ref& where) const { return stream(*where.from) + " " + where.id; }
  /// The member of NS:waiting: "SCOPE\tLANE"; of a lane "\tLANE".
  static std::string member(const source& from) { return (from.scope + "\t").append(to_string(from.lane)); }
  static std::optional<source> parse_member(std::string_view text) {
    const auto tab = text.rfind('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    const auto which = parse_lane(text.substr(tab + 1));
    if (!which) return std::nullopt;
    return source{*which, std::string(text.substr(0, tab))};
  }

 private:
  std::string prefix_;
};

}  // namespace dispatch::redis
