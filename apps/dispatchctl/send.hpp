#pragma once

// `dispatchctl send`: one job, checked as the engine will check it, then stored on its lane.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/dispatchctl/session.hpp"
#include "core/types.hpp"

namespace dispatch::ctl {

struct send_options {
  std::string
      file;  ///< the document itself; "-" = standard input. Then nothing below it counts but the lane.
  dispatch::lane lane = dispatch::lane::normal;
  std::string tenant, id, app;
  std::string platform = "android";
  std::string token, fid, topic, condition, address, url;
  std::string audience;
  std::string title, body, image, link, sound;
  std::vector<std::string> data, vars;  ///< "key=value"
  std::string collapse_key, priority;
  std::string send_at, expires_at;  ///< RFC 3339, or seconds since the epoch
  bool dry_run = false;
  std::string correlation_id;
  bool json = false;
};

/// The document the options describe. Throws usage_error for a "key=value" that is none.
std::string build_document(const send_options& options);

/// Prints the job's id. Throws usage_error for a document the engine would refuse.
int run_send(session& redis, const send_options& options);

}  // namespace dispatch::ctl
