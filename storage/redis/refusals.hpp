#pragma once

// What Redis refuses because of how it is set up (errors.hpp, is_setup_error): told once per change, however
// often it is asked. Loop thread only.

#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "storage/redis/errors.hpp"

namespace dispatch::redis {

class refusals {
 public:
  /// `detail` is Redis's text; empty: `what` is not refused any more.
  using listener = std::function<void(const std::string& what, const std::string& detail)>;

  void on_change(listener tell) { tell_ = std::move(tell); }
  /// Somebody is told.
  bool heard() const noexcept { return tell_ != nullptr; }

  /// How `what`, one of a few names, was answered: an error's text, or empty when it went well.
  void note(std::string_view what, std::string_view error) {
    if (error.empty() && known_.empty()) return;
    const auto found = known_.find(what);
    if (is_setup_error(error)) {
      if (found != known_.end() && found->second == error) return;
      known_.insert_or_assign(std::string(what), std::string(error));
    } else {
      // Another error says nothing of this one.
      if (!error.empty() || found == known_.end()) return;
      known_.erase(found);
    }
    if (tell_) tell_(std::string(what), std::string(error));
  }

  /// The user may do everything now, also what was refused and has not been asked since.
  void rights_are_there() {
    for (auto each = known_.begin(); each != known_.end();) {
      const bool of_rights = !is_placement_error(each->second);
      const auto what = each->first;
      each = of_rights ? known_.erase(each) : std::next(each);
      if (of_rights && tell_) tell_(what, {});
    }
  }

 private:
  listener tell_;
  std::map<std::string, std::string, std::less<>> known_;
};

}  // namespace dispatch::redis
