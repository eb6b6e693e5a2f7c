#include "actors/sealing_channel.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <mutex>
#include <utility>

#include "actors/completion_outbox.hpp"
#include "actors/log.hpp"

namespace dispatch {
namespace {

/// A turn on a sealing thread: some milliseconds, so that a higher lane need not wait for long.
constexpr std::size_t turn_items = 32;

struct portion {
  enum class phase : std::uint8_t { waiting, sealing, sealed, gone };

  std::vector<outgoing> items;
  std::vector<local_end> ends;  ///< of items that cannot be sealed
  phase at = phase::waiting;
  bool recalled = false;  ///< while it was being sealed
};
using portion_ptr = std::shared_ptr<portion>;

}  // namespace

struct sealing_channel::state : std::enable_shared_from_this<state> {
  state(scope_number scope, std::shared_ptr<channel> behind,
        std::function<void(completion_batch_ptr)> completed)
      : inner(std::move(behind)), outbox(scope, std::move(completed)) {}

  void submit(std::vector<outgoing> items, sealing_pool& pool) {
    std::array<std::vector<outgoing>, lane_count> by_lane;
    for (auto& item : items) by_lane[index_of(item.request.lane)].push_back(std::move(item));
    for (const auto each : all_lanes) {
      auto& rest = by_lane[index_of(each)];
      for (auto from = rest.begin(); from != rest.end();) {
        const auto to = from + std::min<std::ptrdiff_t>(turn_items, rest.end() - from);
        auto part = std::make_shared<portion>();
        part->items.assign(std::make_move_iterator(from), std::make_move_iterator(to));
        add(each, part, pool);
        from = to;
      }
    }
  }

  void add(lane of, const portion_ptr& part, sealing_pool& pool) {
    const auto size = part->items.size();
    {
      const std::lock_guard lock(guard);
      held += size;
      under_way[index_of(of)].push_back(part);
    }
    // The turn must not own the pool: it may be the last to go, on the pool's own thread.
    const bool taken = pool.post(of, size, [self = shared_from_this(), of, part](const auto& seal) {
      self->seal_portion(of, *part, seal);
    });
    if (!taken) withdraw(part.get());
  }

  // On a thread of the pool.
  void seal_portion(lane of, portion& part, const sealing_pool::seal_function& seal) {
    {
      const std::lock_guard lock(guard);
      if (part.at != portion::phase::waiting) return;
      part.at = portion::phase::sealing;
      ++sealing;
    }
    std::erase_if(part.items, [&](outgoing& each) { return !sealed(each, part.ends, seal); });
    std::vector<outgoing> back;
    {
      const std::lock_guard lock(guard);
      part.at = portion::phase::sealed;
      if (part.recalled) back = take_back(part);
      pass_on(under_way[index_of(of)]);
    }
    give_back(std::move(back));
    const std::lock_guard lock(guard);
    --sealing;
    idle.notify_all();
  }

  static bool sealed(outgoing& each, std::vector<local_end>& ends, const sealing_pool::seal_function& seal) {
    local_end end{each.item, outcome::failed, "invalid_subscription", {}};
    try {
      end.detail = seal(each.item.who(), each.request.body);
      if (end.detail.empty()) return true;
    } catch (const std::exception& e) {
      log::error("sealing_failed", {{"error", e.what()}});
      end.result = outcome::dead;
      end.reason = "sealing_failed";
      end.detail = e.what();
    }
    ends.push_back(std::move(end));
    return false;
  }

  // Under the lock, which keeps the order: with several threads a later portion may be ready first. The inner
  // channel only posts.
  void pass_on(std::deque<portion_ptr>& line) {
    while (!line.empty() && line.front()->at >= portion::phase::sealed) {
      auto& part = *line.front();
      held -= part.items.size() + part.ends.size();
      if (!part.items.empty() || !part.ends.empty())
        inner->submit(std::move(part.items), std::move(part.ends));
      line.pop_front();
    }
  }

  // Under the lock. Leaves the ends, which have been decided.
  std::vector<outgoing> take_back(portion& part) {
    held -= part.items.size();
    return std::exchange(part.items, {});
  }

  /// One portion, or (null) all that is not sealed and passed on; what is being sealed follows when it is.
  void withdraw(const portion* only) {
    std::vector<outgoing> back;
    {
      const std::lock_guard lock(guard);
      for (auto& line : under_way) {
        for (auto& part : line) {
          if (only && part.get() != only) continue;
          part->recalled = true;
          if (part->at == portion::phase::sealing) continue;
          std::ranges::move(take_back(*part), std::back_inserter(back));
          part->at = portion::phase::gone;
        }
        pass_on(line);
      }
    }
    give_back(std::move(back));
  }

  void give_back(std::vector<outgoing> items) {
    if (items.empty()) return;
    auto batch = std::make_shared<completion_batch>();
    batch->answers.reserve(items.size());
    for (auto& each : items) {
      provider_answer answer;
      answer.failure = send_failure::not_sent;
      batch->answers.push_back({std::move(each.item), std::move(answer), nullptr});
    }
    outbox.publish(std::move(batch));
  }

  void close() {
    withdraw(nullptr);
    std::unique_lock lock(guard);
    idle.wait(lock, [this] { return sealing == 0; });
  }

  const std::shared_ptr<channel> inner;
  completion_outbox outbox;
  std::mutex guard;
  std::condition_variable idle;
  // In the order submitted, until passed on. Bounded by the scope's window and by the pool.
  std::array<std::deque<portion_ptr>, lane_count> under_way;
  std::atomic<std::uint64_t> held{0};  ///< items in them
  std::uint32_t sealing = 0;           ///< portions
};

sealing_channel::sealing_channel(scope_number scope, std::shared_ptr<channel> inner,
                                 std::shared_ptr<sealing_pool> pool,
                                 std::function<void(completion_batch_ptr)> completed)
    : pool_(std::move(pool)),
      state_(std::make_shared<state>(scope, std::move(inner), std::move(completed))) {}

sealing_channel::~sealing_channel() = default;

void sealing_channel::warm_up() {
  state_->inner->warm_up();
}

void sealing_channel::submit(std::vector<outgoing> items, std::vector<local_end> ends) {
  if (!ends.empty()) state_->inner->submit({}, std::move(ends));
  state_->submit(std::move(items), *pool_);
}

void sealing_channel::recall() {
  state_->withdraw(nullptr);
  state_->inner->recall();
}

void sealing_channel::credential_refused(std::shared_ptr<const header_list> used, bool new_connection) {
  state_->inner->credential_refused(std::move(used), new_connection);
}

void sealing_channel::repeat_unclaimed() {
  state_->outbox.repeat_unclaimed();
  state_->inner->repeat_unclaimed();
}

void sealing_channel::close() {
  state_->close();
  state_->inner->close();
}

void sealing_channel::close_soon() {
  state_->withdraw(nullptr);
  state_->inner->close_soon();
}

std::int64_t sealing_channel::credential_expires_at() const noexcept {
  return state_->inner->credential_expires_at();
}

bool sealing_channel::credential_renews_itself() const noexcept {
  return state_->inner->credential_renews_itself();
}

std::uint32_t sealing_channel::concurrency() const noexcept {
  return state_->inner->concurrency();
}

std::uint64_t sealing_channel::in_flight() const noexcept {
  return state_->held + state_->inner->in_flight();
}

std::uint64_t sealing_channel::waiting() const noexcept {
  return state_->held + state_->inner->waiting();
}

}  // namespace dispatch
