#pragma once

// Tokens a provider has called dead, in storage, so that no process sends to them again for a while.
// Asynchronous like storage/store.hpp, whose rules for callbacks and errors hold here too; a fake and the
// real Redis pass the same tests.

#include <chrono>
#include <string>
#include <vector>

#include "core/job/job.hpp"
#include "core/token_fingerprint.hpp"
#include "storage/store.hpp"

namespace dispatch {

/// "Do not send to it for so long." Zero or less: forget it, it may be sent to again.
struct suppress_mark {
  token_fingerprint token;
  std::chrono::milliseconds ttl{0};
  /// A disabled endpoint's entry in NS:endpoints, where operators find it: JSON; empty: none. Gone when
  /// forgotten.
  std::string endpoint{};
};

class token_store {
 public:
  static constexpr std::size_t max_at_once = 4'096;  ///< more are refused: Redis serves nobody meanwhile

  virtual ~token_store() = default;

  /// False: as far as is known here no token at all is suppressed, so nothing need be looked up. Learnt from
  /// every look-up, mark and sample, so another process's first mark may go unseen until the next sample. Any
  /// thread; an atomic load.
  virtual bool any() const noexcept = 0;
  /// Until when each of them is suppressed, in the order asked; zero: it is not. Only looks, so it needs no
  /// lease.
  virtual void suppressed(std::vector<token_fingerprint> tokens,
                          store_callback<std::vector<epoch_ms>> callback) = 0;
  /// Marks them, or forgets them, from now on. A later mark replaces an earlier one. Fenced like every write;
  /// not part of a checkpoint: a mark that is lost costs one more send to a dead token.
  virtual void suppress(std::vector<suppress_mark> marks, store_callback<nothing> callback) = 0;
};

}  // namespace dispatch
