#pragma once

// The operations on jobs and audiences, once it is known who asks. Called on the HTTP thread, answering from
// the store's.

#include "api/ingest/exchange.hpp"
#include "api/ingest/job_intake.hpp"
#include "api/ingest/router.hpp"
#include "storage/ingest_store.hpp"

namespace dispatch {

/// What the caller's limits have to say, with what must be stored once.
admission admission_of(const authenticated& caller);

class job_routes {
 public:
  job_routes(ingest_store& store, job_intake& intake) : store_(store), intake_(intake) {}

  void submit(const exchange_ptr& on, const authenticated& caller);
  void append_audience(const exchange_ptr& on, const authenticated& caller);
  void status(const exchange_ptr& on, const authenticated& caller);
  void order(const exchange_ptr& on, const authenticated& caller, job_order what);

  /// A document that is not the request's body as it came (a webhook's). The lane is given.
  void submit_document(const exchange_ptr& on, const authenticated& caller, std::string document, lane to);
  /// Counts the request, then answers with this.
  void refuse(const exchange_ptr& on, const authenticated& caller, http_response answer);

 private:
  /// True: the request can go on. False: it is answered (415, 404).
  bool has_type(const exchange_ptr& on, const authenticated& caller, std::string_view type);
  bool has_name(const exchange_ptr& on, const authenticated& caller, std::string_view more_characters);
  void answer_status(const exchange_ptr& on);

  ingest_store& store_;
  job_intake& intake_;
};

}  // namespace dispatch
