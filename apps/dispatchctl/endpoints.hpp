#pragma once

// `dispatchctl endpoint ls|enable`: webhooks' endpoints that are disabled because their receiver said 410.

#include <string>
#include <vector>

#include "apps/dispatchctl/session.hpp"

namespace dispatch::ctl {

struct endpoint_list_options {
  bool urls = false;  ///< whole; else the origin alone, for a path may be a secret
  bool json = false;
};
/// The latest first.
int run_endpoint_list(session& redis, const endpoint_list_options& options);

struct endpoint_enable_options {
  std::vector<std::string> ids;  ///< as ls shows them; not URLs, which every user of the machine could read
  bool all = false;              ///< all that are listed
  bool json = false;
};
/// They are sent to again. 0 also when some were not disabled.
int run_endpoint_enable(session& redis, const endpoint_enable_options& options);

}  // namespace dispatch::ctl
