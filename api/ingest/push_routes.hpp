#pragma once

// What other programs send in their own shapes: webhooks of configured sources, and gorush's pushes.

#include "api/config/ingest_tables.hpp"
#include "api/ingest/job_routes.hpp"

namespace dispatch {

class push_routes {
 public:
  push_routes(ingest_store& store, job_intake& intake, job_routes& jobs)
      : store_(store), intake_(intake), jobs_(jobs) {}

  void webhook(const exchange_ptr& on, const webhook_source& source, webhook_conversion delivery);
  void push(const exchange_ptr& on, const authenticated& caller, const gorush_door& door);

 private:
  ingest_store& store_;
  job_intake& intake_;
  job_routes& jobs_;
};

}  // namespace dispatch
