#pragma once

// A bounded queue in which keys (tenants within a lane) take turns, by deficit round robin: in one turn a key
// may take `quantum` of cost (notifications). A single notification of one tenant waits for one turn of each
// other, not for their backlog. Constant time per item of a cost up to the quantum, whatever the number of
// keys. One owner thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace dispatch {

struct turn_limits {
  std::size_t max_items = 10'000;
  /// Sum of the costs held.
  std::uint64_t max_cost = 1'000'000;
  std::uint64_t quantum = 64;
};

template <class Key, class T, class Hash = std::hash<Key>>
class turn_queue {
 public:
  struct entry {
    Key key;
    T item;
    std::uint64_t cost;
  };

  /// An item that costs more than its turn is paid with coming turns of its key, up to so many: cut work into
  /// slices of a quantum where fairness must be fine.
  static constexpr std::int64_t max_debt_turns = 16;

  explicit turn_queue(const turn_limits& limits = {})
      : limits_{limits}, quantum_{static_cast<std::int64_t>(std::max<std::uint64_t>(limits.quantum, 1))} {}

  /// Behind the key's other items. False, and the item untouched, when a limit would be passed; cost 0
  /// counts 1.
  bool push(const Key& key, T&& item, std::uint64_t cost = 1) { return insert(key, item, cost, false); }
  /// Before the key's other items: what comes back. Limits as in push().
  bool push_front(const Key& key, T&& item, std::uint64_t cost = 1) { return insert(key, item, cost, true); }

  /// The next item of the key whose turn it is.
  std::optional<entry> pop();
  /// The same, left where it is; null when there is none. To be followed by spend() before anything else.
  T* next();
  /// So much of the item next() gave was taken: the key pays for that alone, and the item stays in its place
  /// until all of it is paid.
  void spend(std::uint64_t cost);

  /// Removes the items of every key for which drop(key, item) is true; returns how many.
  template <class Predicate>
  std::size_t remove_if(Predicate drop);

  bool empty() const noexcept { return items_ == 0; }
  std::size_t size() const noexcept { return items_; }
  std::uint64_t cost() const noexcept { return cost_; }
  std::size_t keys() const noexcept { return by_key_.size(); }

 private:
  struct slot {
    T item;
    std::uint64_t cost;
  };
  struct line {
    Key key;
    std::deque<slot> slots;
    std::int64_t credit = 0;
  };
  using lines = std::list<line>;

  bool insert(const Key& key, T& item, std::uint64_t cost, bool at_front);
  void rotate();
  void forget_front();

  turn_limits limits_;
  std::int64_t quantum_;
  lines turns_;  // the front has the turn
  std::unordered_map<Key, typename lines::iterator, Hash> by_key_;
  std::size_t items_ = 0;
  std::uint64_t cost_ = 0;
};

template <class Key, class T, class Hash>
bool turn_queue<Key, T, Hash>::insert(const Key& key, T& item, std::uint64_t cost, bool at_front) {
  cost = std::max<std::uint64_t>(cost, 1);
  if (items_ >= limits_.max_items || cost_ >= limits_.max_cost || cost > limits_.max_cost - cost_)
    return false;
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    // A key enters at the end, and with a full turn only when it gets there.
    turns_.push_back(line{key, {}, turns_.empty() ? quantum_ : 0});
    found = by_key_.emplace(key, std::prev(turns_.end())).first;
  }
  auto& slots = found->second->slots;
  if (at_front) {
    slots.push_front(slot{std::move(item), cost});
  } else {
    slots.push_back(slot{std::move(item), cost});
  }
  ++items_;
  cost_ += cost;
  return true;
}

template <class Key, class T, class Hash>
T* turn_queue<Key, T, Hash>::next() {
  if (items_ == 0) return nullptr;
  while (turns_.front().credit <= 0) rotate();
  return &turns_.front().slots.front().item;
}

template <class Key, class T, class Hash>
void turn_queue<Key, T, Hash>::spend(std::uint64_t cost) {
  auto& front = turns_.front();
  auto& left = front.slots.front().cost;
  cost = std::min(cost, left);
  left -= cost;
  cost_ -= cost;
  const auto charged = std::min<std::uint64_t>(cost, static_cast<std::uint64_t>(quantum_ * max_debt_turns));
  front.credit -= static_cast<std::int64_t>(charged);
  if (left == 0) {
    front.slots.pop_front();
    --items_;
  }
  if (front.slots.empty()) {
    forget_front();
  } else if (front.credit <= 0) {
    rotate();
  }
}

template <class Key, class T, class Hash>
auto turn_queue<Key, T, Hash>::pop() -> std::optional<entry> {
  auto* const item = next();
  if (!item) return std::nullopt;
  auto& front = turns_.front();
  const auto cost = front.slots.front().cost;
  entry taken{front.key, std::move(*item), cost};
  spend(cost);
  return taken;
}

template <class Key, class T, class Hash>
template <class Predicate>
std::size_t turn_queue<Key, T, Hash>::remove_if(Predicate drop) {
  const auto before = items_;
  for (auto it = turns_.begin(); it != turns_.end();) {
    std::erase_if(it->slots, [&](const slot& candidate) {
      if (!drop(it->key, candidate.item)) return false;
      --items_;
      cost_ -= candidate.cost;
      return true;
    });
    if (!it->slots.empty()) {
      ++it;
      continue;
    }
    const bool had_turn = it == turns_.begin();
    by_key_.erase(it->key);
    it = turns_.erase(it);
    if (had_turn && it != turns_.end()) it->credit += quantum_;
  }
  return before - items_;
}

template <class Key, class T, class Hash>
void turn_queue<Key, T, Hash>::rotate() {
  turns_.splice(turns_.end(), turns_, turns_.begin());
  turns_.front().credit += quantum_;
}

template <class Key, class T, class Hash>
void turn_queue<Key, T, Hash>::forget_front() {
  by_key_.erase(turns_.front().key);
  turns_.pop_front();
  if (!turns_.empty()) turns_.front().credit += quantum_;
}

}  // namespace dispatch
