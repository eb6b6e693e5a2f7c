#pragma once

// What `dispatchctl load` sends, as a pure function of its options: the same seed makes the same jobs, in any
// order and any number of times.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "apps/dispatchctl/load_targets.hpp"
#include "core/types.hpp"

namespace dispatch::ctl {

/// Weights, not percentages: android:60,ios:30,web:10 and 6:3:1 are the same.
struct platform_mix {
  std::array<std::uint32_t, platform_count> weights{60, 30, 10, 0, 0};
};
/// "android:60,ios:30"; nullopt when it cannot be read, names no platform, or weighs nothing.
std::optional<platform_mix> parse_platform_mix(std::string_view text);

struct load_options {
  std::uint64_t jobs = 1'000;
  std::uint32_t recipients = 1;  ///< per job
  std::uint32_t tenants = 1;     ///< more than one: load-1 … load-N in turn
  std::string tenant;            ///< of all jobs, empty = the engine's default
  platform_mix platforms;
  load_targets targets;
  double dead = 0, flaky_503 = 0, flaky_429 = 0;  ///< shares of recipients, together at most 1
  bool with_id = false;
  std::string id_prefix;  ///< empty: load-SEED
  std::uint32_t body_bytes = 60;
  std::uint64_t seed = 1;

  /// Empty when usable, else what is wrong, for people.
  std::string validate() const;
};

struct planned_recipient {
  dispatch::platform platform{};
  token_fate fate{};
  std::string target;  ///< the document's member: `"token":"…"`
};

class load_plan {
 public:
  explicit load_plan(load_options options);

  std::string tenant(std::uint64_t job) const;  ///< as in the document; "default" when it names none
  std::string id(std::uint64_t job) const;      ///< empty without with_id
  planned_recipient recipient(std::uint64_t job, std::uint32_t index) const;
  /// The job document, as small as JSON allows.
  std::string document(std::uint64_t job) const;

 private:
  dispatch::platform pick_platform(std::uint64_t draw) const;

  load_options options_;
  std::string prefix_;
  std::string body_;
  std::uint32_t weight_sum_ = 0;
};

}  // namespace dispatch::ctl
