#pragma once

// What an actor keeps for each scope. Scopes come into being while the engine runs, so it grows to whichever
// is asked for: what is not there yet is as good as made. One owner thread.

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "actors/messages.hpp"

namespace dispatch {

template <class T>
class by_scope {
 public:
  using maker = std::function<T(scope_number)>;

  explicit by_scope(maker make = [](scope_number) { return T{}; }) : make_(std::move(make)) {}

  T& operator[](scope_number scope) { return at(scope); }
  const T& operator[](scope_number scope) const { return at(scope); }

  /// Those made so far, by number.
  auto begin() noexcept { return items_.begin(); }
  auto end() noexcept { return items_.end(); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  T& at(scope_number scope) const {
    while (items_.size() <= scope) items_.push_back(make_(static_cast<scope_number>(items_.size())));
    return items_[scope];
  }

  maker make_;
  mutable std::deque<T> items_;  // a deque: references stay valid while it grows
};

}  // namespace dispatch
