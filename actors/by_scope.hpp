#pragma once

// What an actor keeps for each scope. Scopes come into being while the engine runs, so it grows to whichever
// is asked for: what is not there yet is as good as made. Where it is told of generations
// (scope_table::generations()), it is made anew when the number has become another scope's. One owner thread.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "actors/messages.hpp"

namespace dispatch {

template <class T>
class by_scope {
 public:
  using maker = std::function<T(scope_number)>;
  using generation_of = std::function<std::uint32_t(scope_number)>;

  explicit by_scope(
      maker make = [](scope_number) { return T{}; }, generation_of generation = {})
      : make_(std::move(make)), generation_(std::move(generation)) {}

  T& operator[](scope_number scope) { return at(scope); }
  const T& operator[](scope_number scope) const { return at(scope); }

  /// Those made so far, by number.
  auto begin() noexcept { return items_.begin(); }
  auto end() noexcept { return items_.end(); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  T& at(scope_number scope) const {
    while (items_.size() <= scope) {
      const auto next = static_cast<scope_number>(items_.size());
      if (generation_) made_for_.push_back(generation_(next));
      items_.push_back(make_(next));
    }
    if (generation_) renew(scope);
    return items_[scope];
  }
  void renew(scope_number scope) const {
    const auto now = generation_(scope);
    if (made_for_[scope] == now) return;
    made_for_[scope] = now;
    items_[scope] = make_(scope);
  }

  maker make_;
  generation_of generation_;
  mutable std::vector<std::uint32_t> made_for_;  ///< with generation_
  mutable std::deque<T> items_;                  // a deque: references stay valid while it grows
};

}  // namespace dispatch
