#pragma once

// Answers of the ingestion side as JSON. Pure.

#include <string>
#include <string_view>

#include "storage/ingest_store.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

/// Of an answer to what was accepted before.
constexpr const char* replayed_header = "Idempotent-Replayed";

http_response json_response(int status, std::string body);

/// 202, or what a repeat or a refused submission is answered. `job` is what was asked to be stored.
http_response submission_response(std::string_view tenant, std::string_view id, const submit_answer& answer);

/// {"id","tenant","lane","state","total","outcomes":{…},"created_at","started_at","finished_at","rate",
/// "eta_seconds"}: times in ms since the epoch, null when not yet; rate in recipients a second; the estimate
/// is null when there is nothing to estimate from.
http_response status_response(std::string_view tenant, std::string_view id, const job_status& status);

}  // namespace dispatch
