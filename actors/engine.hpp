#pragma once

// The engine as one object, free of CAF: made from settings, started, drained. The composition of store,
// channels and actors is here; what they do is theirs.

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "actors/metrics.hpp"
#include "actors/settings.hpp"

namespace dispatch {

struct engine_callbacks {
  /// Once, on a thread of the engine's: 0 = drained as asked, 1 = gave up (fenced, or an actor failed for
  /// good).
  std::function<void(int code)> ended;
  /// What ready() says may have changed. On a thread of the engine's, like the next; both may be left out.
  std::function<void()> readiness_changed = {};
  /// Answer to check_alive().
  std::function<void()> alive = {};
};

/// A reload that was found possible and is not in force yet.
struct engine_reload {
  /// Keys whose new value waits for a restart, beyond those the registry of keys knows of.
  std::vector<std::string> needing_restart;
  /// Apps that get a new credential, that are new, that are no longer there: "fcm:default".
  std::vector<std::string> credentials, added, removed;
  /// Puts it in force; cannot fail. While the engine lives, once, by the thread that prepared it.
  std::function<void()> apply;
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

  /// For a reload, in two steps, so that nothing changes unless everything can: reads and tries what the
  /// settings name. `next` differs from what runs in live keys and whole apps only (reloaded() in
  /// apps/dispatchd/config).
  /// A string is the error. One thread.
  std::variant<engine_reload, std::string> prepare_reload(const settings& next);

  /// Goes through the io thread and the actors' threads and calls back `alive`; never, when one is stuck.
  void check_alive();

  struct readiness {
    bool ready = false;
    std::string reason;  ///< what is missing, in a few words
    std::string detail;  ///< the same in Redis's own words, for operators; may be empty
    std::string note;    ///< also when ready: why it is not safe, for operators; empty: it is
  };
  /// Any thread.
  readiness ready() const;

 private:
  struct state;
  explicit engine(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
