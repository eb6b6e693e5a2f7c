#pragma once

// The ingestion side's front door: every request passes here, is known by an id, an address and a credential,
// and goes on to its operation. No sockets: transport/http brings requests, storage/ingest_store.hpp takes
// jobs.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "api/config/ingest_tables.hpp"
#include "api/ingest/exchange.hpp"
#include "api/ingest/job_routes.hpp"
#include "api/ingest/push_routes.hpp"
#include "api/ingest/screening.hpp"
#include "api/ingest/settings.hpp"
#include "api/limits/address_limiter.hpp"
#include "api/readiness.hpp"

namespace dispatch {

struct ingest_sources {
  std::function<readiness()> ready;  ///< of the process; on the HTTP thread
  access_hook answered;              ///< any thread; may be left out
};

class ingest_api {
 public:
  /// The store must outlive it.
  ingest_api(ingest_store& store, ingest_settings settings, std::shared_ptr<const ingest_tables> tables,
             ingest_sources sources);

  /// What the server asks about a head before it makes room for a body. On the HTTP server's thread.
  head_verdict screen(const http_request& head);
  /// Whether connections from there are a proxy's. Any thread.
  bool is_proxy(const std::string& address) const;
  /// What the server answers itself, as all answers are. On the HTTP server's thread.
  http_response refusal(int status, std::string_view detail, const http_request& so_far);
  /// On one thread, the HTTP server's; answers from that or from the store's.
  void handle(http_request&& request, http_reply reply);
  /// Credentials, limits and webhook sources of a reload. Any thread.
  void replace(std::shared_ptr<const ingest_tables> tables);
  /// From now on everybody needs a credential (settings.without_credentials is over). Any thread.
  void require_credentials() { open_to_all_ = false; }
  /// From now on 503 for what would be stored. Any thread.
  void drain() { draining_ = true; }

 private:
  using tables_ptr = std::shared_ptr<const ingest_tables>;

  std::shared_ptr<const screening> look_at(const http_request& head);
  void identify(exchange& on);
  void dispatch_to(const exchange_ptr& on, const route& to, const screening& seen);
  void guarded(const exchange_ptr& on, operation what, const screening& seen);
  void webhook(const exchange_ptr& on, const ingest_tables& now, const ip_address& from);
  void run(const exchange_ptr& on, operation what, const authenticated& caller, const ingest_tables& now);
  void refuse(exchange& on, const auth_problem& problem, const ip_address& from);
  tables_ptr tables() const;

  const ingest_settings settings_;
  const ingest_sources sources_;
  id_source ids_;
  job_intake intake_{ids_};
  job_routes jobs_;
  push_routes pushes_;
  address_limiter guesses_;
  verified_tokens tokens_;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> open_to_all_;
  mutable std::mutex mutex_;
  tables_ptr tables_;
};

}  // namespace dispatch
