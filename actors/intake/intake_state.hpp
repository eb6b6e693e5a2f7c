#pragma once

// The intake's state and moves: loading (intake_loading.cpp) and handing out (intake_flow.cpp).

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/control/job_control.hpp"
#include "actors/intake/content_cache.hpp"
#include "actors/intake/expiry_watch.hpp"
#include "actors/intake/intake.hpp"
#include "actors/intake/loaded_work.hpp"
#include "actors/intake/scope_gate.hpp"
#include "actors/intake/sources.hpp"
#include "actors/intake/suspect_line.hpp"
#include "core/job/job_parser.hpp"
#include "core/policy/suppression_cache.hpp"

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

  // Origins (intake_origins.cpp).
  void look_at(const waiting_origins& m);
  void let_go(const leaving_scopes& m);

  // What operators want (intake_control.cpp).
  void look_at(const sampled_lanes& m);

  // Audiences: lists of recipients, cut into parked rests (intake_audiences.cpp).
  void take_window(const audience_read& m);

  // Tokens known to be dead (intake_suppression.cpp).
  void take_known(const tokens_known& m);
  void learn_dead(const dead_tokens& m);

  // Poison: what processes die of (intake_suspects.cpp).
  void run_suspects(const suspects_marked& m);

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
  void wait_for(std::vector<source_ptr> drained, std::chrono::milliseconds timeout);
  bool may_read(const source_state& from) const;
  /// False of the results lane while nobody has anything posted: it costs no reads then.
  bool in_use(lane which) const noexcept { return which != lane::results || posts_; }
  std::uint32_t entries_wanted(lane in, std::uint64_t loaded) const;
  std::uint32_t entries_wanted(lane in) const;
  void say_refusal(const store_error& why);
  void load(const read_batch& batch);
  void load(const entry& what, const source_ptr& from, settlement& over, std::vector<run_ptr>& unknown);
  static void take_progress(run& owner, const progress_bitmap& earlier);
  run_ptr make_run(const entry& what, const source_ptr& from, settlement& over);
  void refuse(const entry& what, const source_ptr& from, const job_error& why, settlement& over);
  void wait_for_content(const entry& what, const source_ptr& from, settlement& over);
  void lose(const run_ptr& owner, settlement& over);
  bool in_hand(const run& what) const;
  void accept(std::vector<run_ptr> runs);
  dead_letter letter_of(const run& owner, std::string reason, std::string detail) const;
  bool not_yet_due(const run& owner) const;
  void admit(const run_ptr& owner, settlement& over);
  /// Recipients begin … end of it.
  void enqueue(const run_ptr& owner, std::uint32_t begin, std::uint32_t end, settlement& over);

  // intake_origins.cpp
  void ask_for_origins(lane in, std::vector<read_ask>& asks);
  bool takes_more(scope_number scope, lane in) const;
  /// What its window and limit would let start.
  std::uint64_t could_start(scope_number scope) const;
  void watch_origins();
  void end_holds();
  /// There is no room for a scope of its origin: it waits where that scope would read it, at no cost.
  void park_unplaced(const work_item& item, destination&& to, settlement& over);
  void say_crowded(std::string_view tenant);
  /// While room is short: origins nothing has been sent to for a while are asked about.
  void ask_quiet_origins();
  bool is_quiet(scope_number scope) const;
  void release(scope_number scope);
  bool rests(const std::string& name) const;

  // intake_expiries.cpp
  /// Nothing of the list may be read: its scope may not start, and nobody looks for what has expired in it.
  bool blocked(scope_number scope, lane in) const;
  void doubt_expiries(scope_number scope);
  void look_for_expired();
  void note_expiries_read(const source_state& from, const read_batch& batch);

  // intake_audiences.cpp
  struct open_list {
    run_ptr owner;
    std::optional<std::uint64_t> written_at;  ///< its cut is in Redis once written_ has come so far
    bool over = false;
  };
  void open_audience(const run_ptr& owner, settlement& over);
  void park_audience(const run_ptr& owner, source to, std::optional<epoch_ms> due, settlement& over);
  bool wants_window(lane in);
  void cut_audiences();
  void ask_window(open_list list);
  settlement::cut cut_window(const run_ptr& owner, const audience_window& window,
                             std::vector<dead_letter>& letters);

  // intake_tenants.cpp
  /// Ends its recipients when its tenant may not use its app; true then.
  bool refuse_app(const run_ptr& owner, settlement& over);
  // While tenants are limited: drawn items wait in a line of their tenant until its permits come.
  void hold_for_tenants(scope_number scope, std::vector<work_item>& items);
  void demand_for_tenants(scope_number scope);
  void start_held(const permit_grant& m);
  void take_held(scope_number scope, std::vector<work_item>& items);

  // intake_suppression.cpp
  /// Ends those of its recipients whose token is known to be dead. True: it is not to be queued now; it comes
  /// back to admit() if any of it is left once its other tokens are known.
  bool look_up(const run_ptr& owner, settlement& over);
  void suppress(const work_item& item, settlement& over);
  /// Asks for what look_up() gathered.
  void ask_tokens();
  void ask_tokens(std::shared_ptr<const token_query> what);
  void ask_tokens_again();

  // intake_control.cpp
  void control(const control_event& event);
  /// Takes out what is cancelled or paused, or belongs to a run that is held.
  void sift(std::vector<work_item>& items);
  void start_held_back();

  // intake_suspects.cpp
  /// Ends the recipient its process died of, if it did so too often; true when that was its last.
  bool is_poison(const entry& what, const run_ptr& owner, settlement& over) const;
  void next_suspects();
  void store_marks();
  void run_alone(const work_item& item, settlement& over);
  void take_turns();
  /// Nothing may start but what runs alone.
  bool only_alone() const noexcept;
  /// What may be drawn of this scope now, and drawing it.
  std::uint64_t drawable(scope_number scope) const;
  void draw(scope_number scope, std::uint32_t budget, std::vector<work_item>& items);

  // intake_flow.cpp
  void place(slice&& work, scope_number scope, settlement& over);
  /// Parked retries whose time has come.
  void place_retries(std::vector<work_item>&& items, scope_number scope, settlement& over);
  void pump();
  void pump(scope_number scope);
  std::uint32_t budget(scope_number scope) const;
  /// What the scope's window and max_in_flight have room for.
  std::uint32_t free_room(scope_number scope) const;
  bool nothing_out() const noexcept { return in_flight_ == 0 && held_ == 0; }
  void begin_sending(scope_number scope, std::vector<work_item>& items);
  void demand_permits(scope_number scope);
  void demand_again();
  void take_back(scope_number scope, std::vector<work_item>& items);
  void hand_out(scope_number scope, std::vector<work_item>& items);
  void give(scope_number scope, platform on, std::vector<work_item>&& items);
  void park_all(scope_number scope);
  void park_loaded(scope_number scope, std::vector<work_item>&& items = {});
  void park(const work_item& item, scope_number scope, settlement& over);
  /// How much of a slice leaves for the scope's waiting list, from its end.
  std::uint32_t leaving(const slice& work, scope_number scope);
  void settle(settlement&& over);
  void check_drained();

  intake_actor::pointer self_ = nullptr;
  std::shared_ptr<const engine_parts> parts_;
  job_parser parser_;
  source_table sources_;
  loaded_work work_;
  expiry_watch expiries_;
  by_scope<scope_gate> gates_;
  std::multimap<time_point, scope_number> holds_;  ///< of origins: when they may be read again
  /// Asked about, with what they had been handed by then; one round at a time.
  std::map<scope_number, std::uint64_t> leaving_;
  time_point leave_asked_{};
  std::uint64_t refusals_seen_ = 0;  ///< of the scope table
  time_point crowded_until_{}, crowded_said_{};
  /// Released with a breaker that lets nothing through: not made again at once just because work waits.
  std::map<std::string, time_point, std::less<>> resting_;
  std::size_t look_from_ = 0;  ///< the list for which there was no room; the next look begins with it
  std::array<std::deque<work_batch_ptr>, platform_count> handed_;
  std::deque<std::string> lapsed_;
  job_control control_;
  suppression_cache known_tokens_;
  std::shared_ptr<token_query> wanted_tokens_;                  ///< gathered, to be asked for
  std::vector<std::shared_ptr<const token_query>> unanswered_;  ///< Redis was away
  std::uint32_t looking_up_ = 0;  ///< queries without a good answer, these included
  suspect_line suspects_;
  std::optional<suspect_marks> marks_;     ///< to be stored, or being stored
  std::vector<suspect_line::part> group_;  ///< start once marks_ are stored
  std::optional<work_item> alone_;         ///< being marked, or running
  scope_number alone_scope_ = 0;
  scope_queue alone_queue_;                     ///< with alone_, when it is not in flight
  bool alone_marked_ = false;                   ///< storage may say that something runs alone
  time_point alone_since_{}, company_until_{};  ///< see take_turns()
  bool marking_ = false;
  std::vector<run_ptr> unaccepted_;  ///< Redis was away when they were to be made known
  std::deque<run_ptr> unusable_;     ///< their records are spoiled: asked again in turns
  time_point ask_unusable_at_{};
  std::deque<work_item> held_back_;  ///< of runs that are held (run_hold)
  /// Bytes of job documents alive in the process.
  std::shared_ptr<std::atomic<std::uint64_t>> loaded_bytes_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  content_cache contents_{loaded_bytes_};
  /// A running average, so that a read asks for about as many entries as there is room for. Guesses at first.
  std::array<double, lane_count> recipients_per_entry_{1, 4, 100, 1};
  double recipients_per_rest_ = 16;  ///< the same, of origins' waiting lists
  std::uint32_t in_flight_ = 0;
  std::uint32_t held_ = 0;     ///< in lines of tenants
  std::uint64_t settled_ = 0;  ///< here, ever; what of it is in Redis is written_
  std::uint64_t written_ = 0;
  std::deque<open_list> audiences_;  ///< in turns
  std::vector<open_list> cut_;       ///< a window of theirs was asked for, or is being written
  std::uint32_t accepting_ = 0;
  time_point refusal_said_{};
  bool started_ = false;
  bool posts_ = false;        ///< see in_use()
  bool lanes_known_ = false;  ///< which are paused: until then none is read
  bool reading_ = false;
  bool taking_over_ = false;
  bool took_over_ = false;  ///< a step of a take-over was the latest answer
  bool waiting_ = false;
  bool draining_ = false;
  bool drained_said_ = false;
};

}  // namespace dispatch
