#pragma once

// The intake's state and moves: loading (intake_loading.cpp) and handing out (intake_flow.cpp).

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/control/job_control.hpp"
#include "actors/intake/intake.hpp"
#include "actors/intake/scope_gate.hpp"
#include "actors/intake/scope_queue.hpp"
#include "actors/intake/sources.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch {

class intake_state {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit intake_state(std::shared_ptr<const engine_parts> parts);

  /// A (next) life of the actor begins.
  void attach(intake_actor::pointer self);
  const peer<intake_actor>& place() const { return parts_->intake; }

  // Loading: storage → queues.
  void begin();
  void take_read(const read_done& answer);
  void take_accepted(const accept_done& answer);
  void wake(const woken& answer);
  void take_over(const lapsed_consumers& lapsed);
  void on_tick(const tick& at);

  // What operators want (intake_control.cpp).
  void set_paused(const paused_lanes& m);

  // Poison: entries whose process keeps dying run alone (intake_suspects.cpp).
  void run_suspect(const suspect_marked& m);

  // Handing out: queues → senders, limiter, waiting lists.
  void answered(const room& m);
  void confirm(const confirmed& m);
  void start_again(const ready_items& m);
  void granted(const permit_grant& m);
  void change_gate(const gate_change& m);
  void hold(const hold_scope& m);
  void start_draining();

 private:
  // intake_loading.cpp
  void fill();
  void ask_for_work();
  void ask_taken_over();
  void await_work();
  void wait_for(std::vector<source_ptr> drained);
  bool wants(const source_state& from) const;
  std::uint32_t entries_wanted(const source_state& from) const;
  std::uint64_t loaded(lane in) const;
  void load(const read_batch& batch);
  void load(const entry& what, const source_ptr& from, settlement& over, std::vector<run_ptr>& unknown);
  static void take_progress(run& owner, const progress_bitmap& earlier);
  run_ptr make_run(const entry& what, const source_ptr& from, settlement& over);
  void accept(std::vector<run_ptr> runs);
  void admit(const run_ptr& owner, settlement& over);
  void enqueue(const run_ptr& owner, settlement& over);

  // intake_control.cpp
  void control(const control_event& event);
  /// Takes out what is cancelled or paused.
  void sift(std::vector<work_item>& items);

  // intake_suspects.cpp
  /// Ends the recipient its process died of, if it did so too often; true when that was its last.
  bool is_poison(const entry& what, const run_ptr& owner, settlement& over) const;
  bool suspect(const entry& what) const;
  void next_suspect();
  /// The queue work is drawn from: a suspect's own while one runs, or none while one waits for quiet.
  scope_queue* drawn_from(scope_number scope);

  // intake_flow.cpp
  void place(slice&& work, scope_number scope, settlement& over);
  void pump();
  void pump(scope_number scope);
  std::uint32_t budget(scope_number scope) const;
  void demand_permits(scope_number scope);
  void demand_again();
  void take_back(scope_number scope, std::vector<work_item>& items);
  void hand_out(scope_number scope, std::vector<work_item>& items);
  void hold_for_tenants(scope_number scope, std::vector<work_item>& items);
  void give(scope_number scope, platform on, std::vector<work_item>&& items);
  void park_all(scope_number scope);
  void park(const work_item& item, scope_number scope, settlement& over);
  void settle(settlement&& over);
  void check_drained();

  intake_actor::pointer self_ = nullptr;
  std::shared_ptr<const engine_parts> parts_;
  job_parser parser_;
  source_table sources_;
  std::vector<scope_queue> queues_;  ///< by scope
  std::vector<scope_gate> gates_;    ///< by scope
  std::array<std::deque<work_batch_ptr>, platform_count> handed_;
  std::deque<std::string> lapsed_;
  job_control control_;
  std::deque<run_ptr> suspects_;  ///< wait to be run alone, one after the other
  run_ptr suspect_;               ///< being marked, or running
  bool suspect_runs_ = false;
  std::vector<scope_queue> suspect_queues_;  ///< by scope, the running suspect's
  std::vector<run_ptr> unaccepted_;          ///< Redis was away when they were to be made known
  /// Bytes of job documents alive in the process.
  std::shared_ptr<std::atomic<std::uint64_t>> loaded_bytes_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  /// A running average, so that a read asks for about as many entries as there is room for. Guesses at first.
  std::array<double, lane_count> recipients_per_entry_{1, 4, 100};
  std::uint32_t in_flight_ = 0;
  std::uint32_t unwritten_ = 0;  ///< settled here, not yet in Redis
  std::uint32_t accepting_ = 0;
  bool started_ = false;
  bool reading_ = false;
  bool taking_over_ = false;
  bool waiting_ = false;
  bool draining_ = false;
  bool drained_said_ = false;
};

}  // namespace dispatch
