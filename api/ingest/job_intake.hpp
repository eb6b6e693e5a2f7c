#pragma once

// A document that came over HTTP becomes a job to be stored: checked by the engine's own parser, and
// completed with the tenant of whoever brought it and an id. Pure but for its parser's buffers; one thread.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/ingest/correlation.hpp"
#include "core/job/job_parser.hpp"
#include "core/tenant_apps.hpp"
#include "storage/ingest_store.hpp"

namespace dispatch {

struct intake_problem {
  int status = 422;  ///< 403: another's tenant, or an app that is not for this one
  std::string pointer, detail;
};

class job_intake {
 public:
  explicit job_intake(id_source& ids) : ids_(ids) {}

  /// Fills tenant, id, document, total and audience. `tenants`: which apps each may use. `id` is for a
  /// document that names none; empty: made.
  std::variant<job_submission, intake_problem> read(std::string document, std::string_view tenant,
                                                    const std::vector<tenant_settings>& tenants,
                                                    std::string id = {});

  /// The elements of an audience, one a line (NDJSON), each checked like a recipient of a job; all or
  /// nothing.
  std::variant<std::vector<std::string>, intake_problem> read_audience(std::string_view lines);

 private:
  id_source& ids_;
  job_parser parser_;
};

}  // namespace dispatch
