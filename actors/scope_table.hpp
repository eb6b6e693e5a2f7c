#pragma once

// Every scope of this process: what breakers, rate limits and waiting lists go by. Most are made at the
// start, those of an app a reload brings and those of origins (push services, webhooks' hosts) while actors
// work. An app's keeps its number until the process ends. An origin's that nothing refers to any more can be
// retired: some time later its number is another origin's, of the next generation. Any thread.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/channel.hpp"
#include "actors/live_settings.hpp"
#include "actors/rendered_bytes.hpp"
#include "transport/providers/adapter.hpp"

namespace dispatch {

struct scope_info {
  std::string name;  ///< "fcm:default", "webhook:default:https://example.com"
  provider by{};
  std::string app;
  std::string origin;           ///< scheme://authority; empty: an app with one scope
  std::uint16_t app_index = 0;  ///< in engine_parts::apps
  live_number rate = 0;         ///< 0 = no limit
  live_number burst = 0;
  std::chrono::milliseconds timeout{15'000};
  /// Items handed out and not yet answered, at most. With one scope an app: enough to keep every stream busy
  /// while the next are under way. An origin is let near it as it answers (actors/intake/scope_gate.hpp).
  std::uint32_t window = 0;
  std::shared_ptr<const provider_adapter> adapter;
  std::shared_ptr<channel> way;
  /// False once it is retired: what its channel still has to say is nobody's business.
  std::shared_ptr<std::atomic<bool>> in_use = std::make_shared<std::atomic<bool>>(true);
  // The table's:
  std::uint32_t generation = 0;  ///< how often the number had been another scope's before
  std::string tenant;            ///< whose work an origin was made for first; empty: counted for nobody
  std::shared_ptr<rendered_bytes> rendered;

  bool retired() const noexcept { return !in_use->load(std::memory_order_acquire); }
};

class scope_table {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Origins are opened while there are fewer scopes than this; an app always finds a place.
  static constexpr std::size_t max_origins = 4'096;
  static constexpr std::size_t capacity = max_origins + 512;
  /// A retired scope's number rests for so long: whoever has looked the scope up is through with it by then.
  static constexpr std::chrono::seconds rest_time{5};
  /// And what it was stays in memory for so long, closed.
  static constexpr std::chrono::seconds kept_for{10};

  scope_table() = default;
  scope_table(const scope_table&) = delete;
  scope_table& operator=(const scope_table&) = delete;

  /// Numbers given so far, also those of retired scopes.
  std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  scope_info& operator[](std::size_t at) noexcept { return *places_[at].load(std::memory_order_acquire); }
  const scope_info& operator[](std::size_t at) const noexcept {
    return *places_[at].load(std::memory_order_acquire);
  }
  /// For by_scope; good as long as the table.
  std::function<std::uint32_t(scope_number)> generations() const {
    return [this](scope_number scope) { return scope < size() ? (*this)[scope].generation : 0; };
  }

  std::optional<scope_number> find(std::string_view name) const;
  /// Scopes that are not retired.
  std::size_t in_use() const;
  /// How often an origin found no room, ever.
  std::uint64_t refusals() const noexcept { return refusals_.load(std::memory_order_relaxed); }

  /// Adds the scope `make` makes for its number, unless one of that name is there already. nullopt: the table
  /// is full (for origins or altogether), or an origin's tenant has as many as there is room left: so nobody
  /// takes the last places, and whoever comes new finds one. Without a tenant only the room counts. `make`
  /// must not come back here; what it throws passes through, and nothing was added.
  std::optional<scope_number> open(const std::string& name, bool is_origin,
                                   const std::function<scope_info(scope_number)>& make,
                                   std::string_view tenant = {}, time_point now = {});

  /// An origin's scope that nothing refers to but what is about to end. Its name is free at once.
  void retire(scope_number scope, time_point now);

  /// What may be rendered and unanswered, of all scopes together. Before the first is opened.
  void limit_rendered(std::uint64_t bytes);
  std::uint64_t rendered() const noexcept { return rendered_->held(); }

  /// When nobody reads any more.
  void clear();

  class const_iterator {
   public:
    const_iterator(const scope_table& table, std::size_t at) : table_(&table), at_(at) {}
    const scope_info& operator*() const { return (*table_)[at_]; }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const const_iterator& other) const { return at_ != other.at_; }

   private:
    const scope_table* table_;
    std::size_t at_;
  };
  /// Those there are at this moment, retired ones too.
  const_iterator begin() const { return {*this, 0}; }
  const_iterator end() const { return {*this, size()}; }

 private:
  struct leaver {
    scope_number number = 0;
    time_point since;
  };
  struct past {
    std::unique_ptr<scope_info> what;
    time_point since;
  };
  bool has_share(std::string_view tenant) const;
  std::optional<scope_number> free_number(bool is_origin, time_point now);
  std::shared_ptr<rendered_bytes> account_of(const scope_info& made, bool is_origin);

  std::array<std::atomic<scope_info*>, capacity> places_{};
  std::atomic<std::size_t> size_{0};
  std::atomic<std::uint64_t> refusals_{0};
  mutable std::shared_mutex guard_;
  std::array<std::unique_ptr<scope_info>, capacity> scopes_;
  std::unordered_map<std::string_view, scope_number> numbers_;  // keys live in the scopes
  std::size_t in_use_ = 0;
  std::map<std::string, std::size_t, std::less<>> held_by_;  ///< origins, by tenant
  std::deque<leaver> resting_;                               ///< retired, the longest ago first
  std::deque<past> past_;                                    ///< whose number is another's by now
  std::shared_ptr<rendered_bytes> rendered_ = std::make_shared<rendered_bytes>(std::uint64_t{64} << 20);
  std::vector<std::shared_ptr<rendered_bytes>> rendered_by_app_;
};

/// PROVIDER:APP, or PROVIDER:APP:ORIGIN.
std::string scope_name(provider by, std::string_view app, std::string_view origin = {});

struct scope_parts {
  provider by{};
  std::string_view app;
  std::string_view origin;  ///< may be empty
};
/// What such a name says; nullopt when it is none (a job's list, "ready").
std::optional<scope_parts> parse_scope_name(std::string_view name);

}  // namespace dispatch
