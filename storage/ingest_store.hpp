#pragma once

// The HTTP side's door to storage: jobs come in, and their state is looked at. It has a connection and a
// thread of its own, and gathers what came meanwhile: many submissions are one script. Asynchronous like
// storage/store.hpp: every call returns at once and answers exactly once, on the store's thread;
// `unavailable` at once while Redis is away or too much waits for it.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/policy/request_windows.hpp"
#include "core/types.hpp"
#include "storage/operator/job_change.hpp"
#include "storage/store.hpp"

namespace dispatch {

/// What must hold before a request is served, looked at and counted in the same script that serves it.
struct admission {
  std::string counter;  ///< whose requests are counted ("key:NAME", "source:NAME"); empty: nobody's
  request_windows windows;
  std::string replay_key;  ///< not empty: refused when it was there within replay_ttl
  std::chrono::seconds replay_ttl{0};
};

enum class admit_verdict : std::uint8_t { admitted, limited, replayed };

struct admit_answer {
  admit_verdict verdict = admit_verdict::admitted;
  std::array<std::uint32_t, 3> used{};  ///< minute, hour, day; with this request when it was counted
  epoch_ms now{0};                      ///< Redis's clock
};

/// A job whose document was found good, with the tenant and the id it names.
struct job_submission {
  dispatch::lane lane = dispatch::lane::normal;
  std::string tenant, id;
  std::string document;  ///< as the engine will read it, `tenant` and `id` in it
  std::uint64_t total = 0;
  std::string audience;  ///< instead of recipients: its list is taken over, and its length is the total
  std::string correlation_id, traceparent;
};

enum class submit_verdict : std::uint8_t {
  stored,      ///< those of the jobs that were not known
  repeat,      ///< all known by their ids, same documents: `lane` and `total` are those of then
  conflict,    ///< one is known by its id, with another document; nothing was stored
  no_audience  ///< there is no such list; nothing was stored
};

/// Of one request: whatever it is, it holds for all its jobs.
struct submit_answer {
  admit_answer admitted;  ///< not admitted: the rest means nothing, and nothing was stored
  submit_verdict verdict = submit_verdict::stored;
  dispatch::lane lane = dispatch::lane::normal;  ///< of its first job
  std::uint64_t total = 0;                       ///< of all of them
};

struct job_status {
  std::string state, lane;
  std::uint64_t total = 0;
  std::array<std::uint64_t, outcome_count> outcomes{};
  /// 0: not yet.
  epoch_ms created_at{0}, started_at{0}, finished_at{0};
  epoch_ms now{0};  ///< Redis's clock
};

enum class job_order : std::uint8_t { cancel, pause, resume };

class ingest_store {
 public:
  virtual ~ingest_store() = default;

  /// The jobs of one request, at least one, their records (state `accepted`) and what `who` asks for in one
  /// step: all of them or none. Answered well = stored. No two may have the same id or audience. Redis serves
  /// nobody else meanwhile: some thousand jobs and a few MiB are what a request may hold.
  virtual void submit(admission who, std::vector<job_submission> jobs,
                      store_callback<submit_answer> callback) = 0;
  /// For requests that store no job: only what `who` asks for.
  virtual void admit(admission who, store_callback<admit_answer> callback) = 0;
  /// Appends all of them to NS:audience:TENANT:NAME, or none; answers its length.
  virtual void append_audience(const std::string& tenant, const std::string& name,
                               std::vector<std::string> recipients,
                               store_callback<std::uint64_t> callback) = 0;
  /// nullopt: no such job.
  virtual void status(const std::string& tenant, const std::string& id,
                      store_callback<std::optional<job_status>> callback) = 0;
  /// Of a job there is; for one that is not known nothing happens (job_change::known() is false).
  virtual void order(job_order what, const std::string& tenant, const std::string& id,
                     store_callback<job_change> callback) = 0;
  /// Connected, and answering in time. Any thread.
  virtual bool available() const noexcept = 0;
};

}  // namespace dispatch
