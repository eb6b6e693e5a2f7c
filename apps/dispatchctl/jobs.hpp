#pragma once

// `dispatchctl job …`: reads the job hashes (NS:job:TENANT:ID) that the engine keeps.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "apps/dispatchctl/session.hpp"
#include "core/types.hpp"

namespace dispatch::ctl {

struct job_view {
  std::string tenant, id, state, lane;
  std::uint64_t total = 0;
  std::array<std::uint64_t, outcome_count> outcomes{};
  std::int64_t created_at = 0, started_at = 0, finished_at = 0;  ///< ms since the epoch, 0 = not yet

  std::uint64_t ended() const noexcept;
  /// done, cancelled or dead.
  bool final() const noexcept;
};

/// nullopt when there is no such hash.
std::optional<job_view> read_job(session& redis, const std::string& tenant, const std::string& id);

struct job_options {
  std::string tenant = "default";
  std::string id;
  bool json = false;
  std::chrono::seconds timeout{0};  ///< watch: 0 = as long as it takes
};

int run_job_status(session& redis, const job_options& options);
/// Shows progress until the job's end; also waits for a job the engine has not read yet. 0 when it ended
/// `done`.
int run_job_watch(session& redis, const job_options& options);

struct job_list_options {
  std::string tenant;  ///< empty = all
  std::string state;   ///< empty = all
  std::size_t limit = 50;
  bool json = false;
};
/// The latest first.
int run_job_list(session& redis, const job_list_options& options);

}  // namespace dispatch::ctl
