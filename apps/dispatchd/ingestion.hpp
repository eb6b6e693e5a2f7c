#pragma once

// The ingestion side of the process: its thread, its listener, its door to Redis, and what requests are
// checked with. Nothing of it runs on a sending thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "actors/engine.hpp"
#include "actors/metrics.hpp"
#include "actors/settings.hpp"
#include "api/config/ingest_tables.hpp"
#include "api/readiness.hpp"
#include "transport/http/server.hpp"

namespace dispatch {

/// What of the ingestion side a reload changes.
struct ingestion_reload {
  std::shared_ptr<const ingest_tables> tables;
  server_certificate certificate;  ///< nullptr: no TLS
  bool has_callers = false;
};

/// Reads all files anew. The text: what is wrong with the settings.
std::variant<ingestion_reload, std::string> prepare_ingestion(const settings& config);

class ingestion {
 public:
  struct context {
    metrics& measures;
    std::function<readiness()> engine_ready;  ///< any thread; what the public may hear
    std::function<void()> ready_changed;      ///< what ready() says; on a thread of its own
    bool insecure_dev = false;
  };

  /// Listens at once. Throws std::invalid_argument for settings that cannot be used, std::runtime_error when
  /// it cannot listen.
  ingestion(const settings& config, context around);
  /// Answers what is under way, for at most two seconds.
  ~ingestion();

  std::uint16_t port() const noexcept;
  /// Of this side alone: its own way to Redis. Any thread.
  engine::readiness ready() const;
  /// 503 to what comes from now on. Any thread.
  void drain();
  /// What a reload brings; cannot fail. With somebody who may call, --insecure-dev is over for good.
  void replace(ingestion_reload with);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
