#pragma once

// How the ingestion side behaves, as values. Where it listens is the caller's business.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "api/address_list.hpp"

namespace dispatch {

struct cors_settings {
  std::vector<std::string> origins;  ///< "https://app.example"; "*": everyone, and then without credentials
  bool credentials = false;
  std::chrono::seconds max_age{600};  ///< how long a browser may keep a preflight's answer
};

using header_list = std::vector<std::pair<std::string, std::string>>;

struct header_settings {
  /// Of requests, names in lower case: taken away, then added where absent. Never a credential's.
  std::vector<std::string> request_remove;
  header_list request_add;
  /// Of answers, names as they are to be written; taken away is compared without regard to case.
  std::vector<std::string> response_remove;
  header_list response_add;
};

struct ingest_settings {
  address_rules addresses;                  ///< who may call at all
  std::vector<ip_network> trusted_proxies;  ///< whose X-Forwarded-For is believed
  cors_settings cors;
  header_settings headers;
  /// --insecure-dev: every request has every scope of tenant "default", until ingest_api's
  /// require_credentials().
  bool without_credentials = false;
};

}  // namespace dispatch
