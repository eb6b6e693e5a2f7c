#pragma once

// The engine as one object, free of CAF: made from settings, started, drained. The composition of store,
// channels and actors is here; what they do is theirs.

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "actors/metrics.hpp"
#include "actors/settings.hpp"

namespace dispatch {

struct engine_callbacks {
  /// Once, on a thread of the engine's: 0 = drained as asked, 1 = gave up (fenced, or an actor failed for
  /// good).
  std::function<void(int code)> ended;
};

class engine {
 public:
  /// A string is the error: a credential file that cannot be used, an unusable URL. Nothing runs then.
  static std::variant<std::unique_ptr<engine>, std::string> make(const settings& config, metrics& measures,
                                                                 engine_callbacks callbacks);
  /// Ends everything at once (what is in flight is taken over by another process, or by the next start).
  ~engine();

  void start();
  /// Not ready at once, nothing new; what is in flight is finished up to the grace. `ended` follows.
  void drain();

  struct readiness {
    bool ready = false;
    std::string reason;
  };
  /// Any thread.
  readiness ready() const;

 private:
  struct state;
  explicit engine(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
