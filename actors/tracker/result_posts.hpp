#pragma once

// Messages to tenants about their jobs (docs/result-webhooks.md), composed for one checkpoint: outcomes of
// recipients, job by job, and what is posted should the checkpoint end the job. Plain data; belongs to the
// checkpoint builder.

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/run.hpp"
#include "core/tenant_apps.hpp"
#include "storage/records.hpp"

namespace dispatch {

struct ending;

class result_posts {
 public:
  static constexpr std::uint32_t most_outcomes = 128;   ///< in one post
  static constexpr std::size_t most_bytes = 32u << 10;  ///< of outcomes, but for the last

  /// Whether this tenant is told of such an end.
  static bool wanted(const tenant_settings& to, outcome result) noexcept {
    return to.results == posted_results::all ||
           (to.results == posted_results::failures && result != outcome::delivered);
  }

  /// The recipient has ended; `to` is the job's tenant.
  void add(const work_item& item, const ending& how, epoch_ms now, const tenant_settings& to);
  /// The job at this place of checkpoint::jobs may end with the checkpoint.
  void watch(const run_ptr& owner, std::size_t place, const tenant_settings& to);

  std::size_t size() const noexcept { return outcomes_; }
  /// Moves what has been gathered into the checkpoint; empty afterwards.
  void seal(checkpoint& into, epoch_ms now);

 private:
  struct receiver {
    std::string url, app;
  };
  struct gathered {
    run_ptr owner;  ///< kept alive: its address is the key
    receiver to;
    std::uint32_t count = 0;
    std::string outcomes;
  };
  struct watched {
    run_ptr owner;
    std::size_t place = 0;
    receiver to;
  };
  void close(gathered& one, epoch_ms now);

  std::unordered_map<const run*, std::size_t> places_;
  std::vector<gathered> open_;  ///< in order of arrival: the same run writes the same checkpoints
  std::vector<result_post> full_;
  std::vector<watched> watched_;
  std::size_t outcomes_ = 0;
};

}  // namespace dispatch
