#pragma once

// One request on its way to its answer: what every answer carries, whoever gives it, is added here.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth/credential.hpp"
#include "api/ingest/settings.hpp"
#include "core/tenant_apps.hpp"
#include "storage/ingest_store.hpp"
#include "transport/http/message.hpp"
#include "transport/http/server.hpp"

namespace dispatch {

/// An answer given, for metrics and logs. Views live during the call.
struct access_record {
  std::string_view route, method;
  int status = 0;
  std::chrono::nanoseconds took{0};
  std::string_view remote_address, credential, correlation_id;
  std::string_view detail;  ///< why it was 503, else empty
};
using access_hook = std::function<void(const access_record&)>;

class exchange {
 public:
  exchange(http_request given, http_reply reply, const ingest_settings& settings,
           const access_hook& answered);
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// Once, on any thread. CORS, X-Correlation-ID, the limits and the configured headers are added.
  void answer(http_response response);
  /// 503 with Retry-After; `why` is for the log alone.
  void unavailable(std::string_view detail, std::string_view why = {});
  /// What the caller's limits let: the headers of every further answer; false: it is answered.
  bool pass(const store_result<admit_answer>& result);

  http_request request;
  std::string correlation_id;
  std::string_view route = "other", name;  ///< pattern, and what stands in its braces
  std::shared_ptr<const principal> who;
  std::shared_ptr<const std::vector<tenant_settings>> tenants;  ///< in force when it came

 private:
  const http_reply reply_;
  const ingest_settings& settings_;
  const access_hook& answered_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  header_list limits_;
  std::string why_;
};
using exchange_ptr = std::shared_ptr<exchange>;

}  // namespace dispatch
