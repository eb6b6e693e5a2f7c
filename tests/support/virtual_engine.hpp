#pragma once

// The whole engine on virtual time: real actors on CAF's test coordinator, the fake store, and providers that
// are a function from request to answer. One thread, no sockets, no sleeps.

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/parts.hpp"
#include "tests/support/fake_store.hpp"

namespace dispatch {

class virtual_clock final : public clock {
 public:
  explicit virtual_clock(epoch_ms start) : wall_(start) {}
  std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point(std::chrono::hours{1}) + passed_;
  }
  epoch_ms wall() const override { return wall_; }
  void advance(std::chrono::milliseconds by) {
    passed_ += by;
    wall_ += by;
  }

 private:
  std::chrono::milliseconds passed_{0};
  epoch_ms wall_;
};

/// One request as the provider saw it.
struct seen_request {
  std::string path, body, dedupe;
  std::string token;
  std::uint32_t attempt = 0;  ///< of this dedupe key, from 1
  epoch_ms at{};
  int status = 0;
};

/// What a provider remembers, whichever process asked it.
struct provider_memory {
  std::vector<seen_request> ledger;
  std::map<std::string, std::uint32_t> attempts;
};

/// Stands where a provider would be.
class scripted_channel final : public channel {
 public:
  using script = std::function<provider_answer(const seen_request&)>;

  scripted_channel(const clock& time, scope_number scope, peer<tracker_actor> tracker,
                   std::shared_ptr<provider_memory> memory)
      : time_(time),
        scope_(scope),
        tracker_(std::move(tracker)),
        memory_(std::move(memory)),
        ledger(memory_->ledger) {}

  script answer = [](const seen_request&) { return status(200); };
  std::chrono::milliseconds latency{5};
  int recalls = 0;

  static provider_answer status(int code, std::string body = {}, std::string retry_after = {});
  /// FCM's word for a dead token.
  static provider_answer unregistered();

  void warm_up() override {}
  void submit(std::vector<outgoing> items, std::vector<local_end> ends) override;
  void recall() override { ++recalls; }
  void credential_refused(std::shared_ptr<const header_list>, bool) override {}
  void repeat_unclaimed() override {}
  void close() override { under_way_.clear(); }
  std::int64_t credential_expires_at() const noexcept override { return 0; }
  std::uint64_t in_flight() const noexcept override { return under_way_.size(); }
  std::uint64_t waiting() const noexcept override { return 0; }
  std::uint32_t concurrency() const noexcept override { return 100; }

  /// Answers what is due; true when it answered anything.
  bool deliver();

 private:
  struct flight {
    epoch_ms due;
    completion_batch::answered result;
    rendered_bytes::claim held;
  };
  const clock& time_;
  scope_number scope_;
  peer<tracker_actor> tracker_;
  std::deque<flight> under_way_;
  std::shared_ptr<provider_memory> memory_;

 public:
  std::vector<seen_request>& ledger;
};

/// What several engines (processes) share: Redis, the providers, time.
struct virtual_world {
  std::shared_ptr<fake_world> redis = std::make_shared<fake_world>();
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>(redis->now);
  std::shared_ptr<provider_memory> fcm = std::make_shared<provider_memory>();
  std::shared_ptr<provider_memory> apns = std::make_shared<provider_memory>();
  std::shared_ptr<provider_memory> webhook = std::make_shared<provider_memory>();  ///< all origins
  std::shared_ptr<metrics> measures = std::make_shared<metrics>();
  std::uint64_t seed = 1;
};

class virtual_engine {
 public:
  /// FCM for android and web, APNs for ios, app "default"; `change` may alter settings before the start: a
  /// provider that serves no platform has no app. When they have webhooks served,
  /// tests/support/origin_adapter.hpp does it.
  explicit virtual_engine(std::function<void(settings&)> change = {});
  /// One process of several.
  virtual_engine(virtual_world shared, const std::string& consumer, std::function<void(settings&)> change);
  /// As kill -9 ends it: nothing is said to anybody. What it had asked of Redis may still happen.
  ~virtual_engine();

  /// Does what there is to do now; true when there was something.
  bool step();
  /// The parts of a step: up to so many turns of actors; what providers have answered.
  bool run_actors(std::size_t turns);
  bool run_providers();
  /// Timers that are due, after the shared time has moved on.
  void timers(std::chrono::milliseconds passed);
  /// Outlives the process, because Redis may still hold its commands.
  std::shared_ptr<fake_store> store() const { return store_; }

  /// As a reload does it: other settings while the actors run; an FCM app that comes, or goes.
  void reload(const std::function<void(settings&)>& change);
  scripted_channel& add_app(const std::string& name);
  void retire_app(provider by, const std::string& name) { parts_->apps.find_any(by, name)->retired = true; }

  std::string add(lane to, std::string document);
  /// Lets everything happen for so long, in steps of a few milliseconds.
  void run_for(std::chrono::milliseconds time);
  /// Until the predicate holds; false when it did not within `most`.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds most);

  scripted_channel& fcm() { return *fcm_; }
  scripted_channel& apns() { return *apns_; }
  /// The way to an origin; it must have been made.
  scripted_channel& at(const std::string& origin) { return *origins_.at(origin); }
  std::size_t origins() const noexcept { return origins_.size(); }
  /// Called with each new origin's channel, to give it its answers.
  std::function<void(const std::string& origin, scripted_channel& way)> on_origin;
  std::vector<seen_request>& webhooks() { return shared_.webhook->ledger; }
  fake_world& world() { return *world_; }
  const engine_parts& parts() const { return *parts_; }
  caf::actor_system& system() { return *system_; }

  bool ready = false;
  std::string missing;  ///< what keeps it from working, as said last
  std::optional<int> ended;

  std::size_t depth(const std::string& stream) const;
  std::string job_field(const std::string& job, const std::string& field,
                        const std::string& tenant = "default") const;
  /// Every stream of jobs empty, nothing pending, nothing parked.
  bool idle() const;

 private:
  void settle();
  std::shared_ptr<scripted_channel> add_channel(scope_number scope, std::shared_ptr<provider_memory> memory);
  std::shared_ptr<scripted_channel> add_app(provider by, const std::string& name,
                                            std::shared_ptr<const provider_adapter> adapter,
                                            std::shared_ptr<provider_memory> memory);
  void add_webhooks();
  std::optional<scope_number> open_origin(const std::string& origin, std::string_view tenant);

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  settings config_;
  virtual_world shared_;
  std::shared_ptr<fake_world> world_;
  std::shared_ptr<fake_store> store_;
  std::shared_ptr<virtual_clock> time_;
  std::shared_ptr<engine_parts> parts_;
  std::shared_ptr<scripted_channel> fcm_, apns_;
  std::vector<std::shared_ptr<scripted_channel>> channels_;
  std::map<std::string, std::shared_ptr<scripted_channel>> origins_;
  std::shared_ptr<const provider_adapter> webhook_adapter_;
  caf::actor_system_config system_config_;
  std::unique_ptr<caf::actor_system> system_;
};

/// {"platform":PLATFORM,"token":TARGET}, of a webhook its "url".
std::string recipient_document(platform on, const std::string& target);
/// {"id":ID,"message":…,"recipients":[PLATFORM:TOKEN, …]}; an empty id is left out.
std::string job_document(const std::string& id, const std::vector<std::pair<platform, std::string>>& to,
                         const std::string& more = {});

/// The same of webhooks.
std::string webhook_document(const std::string& id, const std::vector<std::string>& urls,
                             const std::string& more = {});

}  // namespace dispatch
