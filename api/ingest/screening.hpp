#pragma once

// What a request's head shows, before there is room for its body: who calls, and whether the body is of use.

#include <chrono>
#include <memory>
#include <optional>

#include "api/auth/credential.hpp"
#include "api/auth/verified_tokens.hpp"
#include "api/config/ingest_tables.hpp"
#include "api/ingest/router.hpp"
#include "api/ingest/settings.hpp"

namespace dispatch {

struct screening {
  std::shared_ptr<const ingest_tables> tables;  ///< in force when it came
  std::optional<ip_address> from;               ///< nullopt: a trusted proxy named no address
  bool may_call = false;                        ///< as far as the address goes
  /// nullopt: nobody need be known, or only the body shows who it is.
  std::optional<auth_result> caller;
  /// The answer is known, or needs no body.
  bool is_answered = true;
  std::shared_ptr<const principal> who;  ///< proven; nullptr: not, or not yet
};

struct screening_rules {
  const ingest_settings& settings;
  verified_tokens& tokens;
  bool open_to_all = false;  ///< --insecure-dev
  bool draining = false;
};

/// `now` is the wall clock.
std::shared_ptr<const screening> screen_head(const http_request& head,
                                             std::shared_ptr<const ingest_tables> tables,
                                             const screening_rules& rules,
                                             std::chrono::system_clock::time_point now);

}  // namespace dispatch
