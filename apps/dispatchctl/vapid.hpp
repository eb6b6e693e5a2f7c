#pragma once

// vapid keygen: the key Web Push is signed with. Needs no Redis.

#include <string>

namespace dispatch::ctl {

struct vapid_keygen_options {
  std::string out;  ///< file for the private key; empty: standard output
  bool json = false;
};

/// Makes a key and tells the public half, which browsers subscribe with, and the private one unless it goes
/// to a file (mode 0600, never over one that is there). Throws command_failed.
std::string new_vapid_key(const vapid_keygen_options& options);

/// Prints it.
int run_vapid_keygen(const vapid_keygen_options& options);

}  // namespace dispatch::ctl
