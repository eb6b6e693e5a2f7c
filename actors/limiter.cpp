#include "actors/limiter.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "core/policy/permit_wallet.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr auto tick_interval = 10ms;
// A refused or unreachable lease is asked for again after so long.
constexpr auto ask_again = 50ms;
// Accounts kept beyond those somebody waits for: tenants and origins come and go.
constexpr std::size_t max_quiet = 8'192;

/// One set of limits that are admitted together: a provider's scope, and a tenant's when tenants are limited.
struct account {
  std::string_view key;  ///< in the map
  scope_number scope = 0;
  std::string tenant;
  std::vector<limit_ask> limits;
  permit_terms terms;  ///< of the slowest of them
  permit_wallet wallet;
  std::uint64_t settings_version = 0;  ///< that `limits` and `terms` were made from
  std::uint64_t asked_under = 0;       ///< the same, of the lease asked for
  std::uint32_t wanted = 0;
  bool asking = false;
  std::chrono::steady_clock::time_point ask_after{};
  std::chrono::steady_clock::time_point waiting_since{};
};

}  // namespace

class limiter_state {
 public:
  limiter_state(std::shared_ptr<const engine_parts> parts, std::size_t shard)
      : parts_(std::move(parts)), me_(parts_->limiters[shard]) {}

  /// A (next) life of the actor begins.
  void attach(limiter_actor::pointer self) {
    self_ = self;
    armed_ = false;
    arm();
  }
  const peer<limiter_actor>& place() const { return me_; }

  void demand(const permit_demand& asked) {
    auto& a = account_of(asked);
    const auto now = parts_->time->now();
    if (a.wanted == 0) a.waiting_since = now;
    a.wanted = std::max(a.wanted, asked.want);
    waiting_.emplace(a.key, &a);
    serve(a, now);
    arm();
  }

  void leased_from_redis(const leased& answer) {
    const auto found = accounts_.find(answer.key);
    if (found == accounts_.end()) return;
    auto& a = found->second;
    const auto now = parts_->time->now();
    a.asking = false;
    if (answer.leases.has_error() || answer.leases->empty()) {
      a.ask_after = now + ask_again;
    } else if (a.asked_under == a.settings_version) {
      // Slots of a rate that has changed meanwhile lapse unused.
      take(a, *answer.leases, answer.asked_at, now);
    }
    serve(a, now);
    arm();
  }

  void on_tick() {
    armed_ = false;
    const auto now = parts_->time->now();
    // A copy: who has been served leaves.
    for (const auto& [key, a] : std::map(waiting_)) serve(*a, now);
    arm();
  }

 private:
  account& account_of(const permit_demand& asked) {
    auto key = parts_->scopes[asked.scope].name + '\n' + asked.tenant;
    auto [at, fresh] = accounts_.try_emplace(std::move(key));
    if (fresh) {
      at->second.key = at->first;
      at->second.tenant = asked.tenant;
    }
    at->second.scope = asked.scope;  // an origin that had gone has another number
    return at->second;
  }

  // Anew after each reload.
  void fill(account& a) {
    const auto version = parts_->config.version();
    if (a.settings_version == version) return;
    a.settings_version = version;
    a.limits.clear();
    a.terms = {};
    a.wallet = {};
    a.ask_after = {};
    const auto& scope = parts_->scopes[a.scope];
    const auto add = [&](std::string name, double rate, double burst) {
      if (rate <= 0) return;
      if (burst <= 0) burst = permit_limit::default_burst(rate);
      const auto terms = permit_terms::of({rate, burst});
      if (a.limits.empty() || terms.interval_us > a.terms.interval_us) a.terms = terms;
      a.limits.push_back({std::move(name), rate, burst});
    };
    add(scope.name, scope.rate, scope.burst);
    if (!a.tenant.empty()) {
      add("tenant:" + a.tenant, parts_->config->limits.tenant_rate, parts_->config->limits.tenant_burst);
    }
  }

  // All leases have the same count; a permit opens when the last of its slots does and ends with the first.
  void take(account& a, const std::vector<limit_lease>& leases,
            std::chrono::steady_clock::time_point asked_at, std::chrono::steady_clock::time_point now) {
    const auto latest = std::max_element(leases.begin(), leases.end(), [](const auto& x, const auto& y) {
      return x.first_slot_us < y.first_slot_us;
    });
    permit_lease lease;
    lease.granted = latest->granted;
    lease.first_slot_us = latest->first_slot_us;
    lease.interval_us = a.terms.interval_us;
    lease.lapse_us = a.terms.lapse_us;
    lease.granted_at_us = latest->now_us;
    if (lease.granted > 0) {
      a.wallet.add(lease, asked_at, now);
    } else {
      a.ask_after = now + std::clamp(std::chrono::microseconds(latest->first_slot_us - latest->now_us -
                                                               default_permit_horizon_us),
                                     1'000us, std::chrono::microseconds(ask_again));
    }
  }

  void serve(account& a, std::chrono::steady_clock::time_point now) {
    if (a.wanted > 0) give(a, now);
    if (a.wanted == 0) waiting_.erase(a.key);
  }

  void give(account& a, std::chrono::steady_clock::time_point now) {
    const auto& name = parts_->scopes[a.scope].name;
    if (!a.key.starts_with(name) || a.key[name.size()] != '\n') {
      a.wanted = 0;  // the origin that asked has gone
      return;
    }
    fill(a);
    // The limit was taken away while somebody waited for it.
    const bool unlimited = a.limits.empty();
    const auto granted = unlimited ? a.wanted : static_cast<std::uint32_t>(a.wallet.take(a.wanted, now));
    if (granted > 0) {
      a.wanted -= granted;
      parts_->measures->rate_limit_wait(parts_->scopes[a.scope].name, now - a.waiting_since);
      a.waiting_since = now;
      parts_->intake.send(permit_grant{a.scope, a.tenant, granted});
    }
    if (a.wanted > a.wallet.held()) ask(a, now);
  }

  void ask(account& a, std::chrono::steady_clock::time_point now) {
    if (a.asking || now < a.ask_after) return;
    a.asking = true;
    a.asked_under = a.settings_version;
    // A chunk is what the horizon holds: small, so that little lapses when the demand goes away.
    const auto chunk = std::max(1.0, std::ceil(double(default_permit_horizon_us) / a.terms.interval_us));
    const auto want = std::min<std::uint32_t>(a.wanted - static_cast<std::uint32_t>(a.wallet.held()),
                                              static_cast<std::uint32_t>(chunk));
    parts_->storage->lease_permits(
        a.limits, want, std::chrono::microseconds(default_permit_horizon_us),
        [me = me_, key = std::string(a.key), now](store_result<std::vector<limit_lease>> result) {
          me.send(leased{key, std::move(result), now});
        });
  }

  // Ticks only while somebody waits.
  void arm() {
    if (armed_) return;
    if (accounts_.size() > max_quiet + waiting_.size()) {
      std::erase_if(accounts_, [](const auto& at) { return !at.second.asking && at.second.wanted == 0; });
    }
    if (waiting_.empty()) return;
    armed_ = true;
    send_later(self_, tick_interval, tick{});
  }

  limiter_actor::pointer self_ = nullptr;
  std::shared_ptr<const engine_parts> parts_;
  peer<limiter_actor> me_;
  std::map<std::string, account> accounts_;
  std::map<std::string_view, account*> waiting_;  ///< those with somebody who waits, by their keys
  bool armed_ = false;
};

std::shared_ptr<limiter_state> make_limiter_state(std::shared_ptr<const engine_parts> parts,
                                                  std::size_t shard) {
  return std::make_shared<limiter_state>(std::move(parts), shard);
}

limiter_actor::behavior_type limiter(limiter_actor::pointer self,
                                     const std::shared_ptr<limiter_state>& state) {
  const auto me = state->place();
  log_exceptions(self, me.actor());
  state->attach(self);
  return {on<permit_demand>(me, [state](const permit_demand& m) { state->demand(m); }),
          on<leased>(me, [state](const leased& m) { state->leased_from_redis(m); }),
          on<tick>(me, [state](const tick&) { state->on_tick(); })};
}

}  // namespace dispatch
