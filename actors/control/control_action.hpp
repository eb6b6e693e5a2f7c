#pragma once

// What operators and other processes say through NS:control (docs/storage.md), understood.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/types.hpp"
#include "storage/records.hpp"

namespace dispatch {

enum class job_order : std::uint8_t { cancel, pause, resume };
struct job_action {
  job_order what = job_order::cancel;
  std::string tenant, id;
  bool operator==(const job_action&) const = default;
};
struct lane_action {
  dispatch::lane lane = dispatch::lane::normal;
  bool pause = false;  ///< else resume
  bool operator==(const lane_action&) const = default;
};
/// The scope's record in Redis changed: load it.
struct breaker_action {
  std::string scope;
  std::uint64_t version = 0;  ///< 0: not said
  bool operator==(const breaker_action&) const = default;
};
/// That process went in order: its work can be taken over at once.
struct release_action {
  std::string consumer;
  bool operator==(const release_action&) const = default;
};
/// An operator has decided on the tokens withheld of a scope.
struct decision_action {
  std::string scope;
  bool accepted = false;  ///< else discarded
  bool operator==(const decision_action&) const = default;
};
/// Suppressed tokens may be sent to again: what is remembered of any goes.
struct forget_action {
  bool operator==(const forget_action&) const = default;
};
using control_action =
    std::variant<job_action, lane_action, breaker_action, release_action, decision_action, forget_action>;

/// nullopt for kinds of a later version, and for events without what their kind needs.
std::optional<control_action> parse_control(const control_event& event);

}  // namespace dispatch
