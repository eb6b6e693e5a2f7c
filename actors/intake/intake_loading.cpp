#include <algorithm>
#include <utility>

#include "actors/intake/intake_state.hpp"
#include "actors/intake/scope_shares.hpp"
#include "core/digest.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t max_entries_per_read = 512;
// What one read brings is parsed in one go, at about 4 µs a KiB: small enough that nobody waits long behind
// it.
constexpr std::uint64_t max_bytes_per_read = 512u << 10;
// A wait that covers only some sources ends soon, because another may come to be drained meanwhile.
constexpr auto full_wait = 5'000ms;
constexpr auto partial_wait = 50ms;
constexpr auto control_only = 1ms;
constexpr auto tick_interval = 200ms;
constexpr auto misjudged = 500ms;
constexpr auto refusal_interval = 10'000ms;
// Reads ahead of what storage has taken in: batches of jobs being made known, tokens being looked up, and
// settlements being written.
constexpr std::uint32_t max_accepting = 4;
constexpr std::uint32_t max_looking_up = 4;
constexpr std::uint64_t max_unwritten = 20'000;

// Shares of the memory for documents up to which a lane may go on reading: the higher lanes always find room.
constexpr std::array<double, lane_count> byte_share{1.0, 0.75, 0.5, 0.5};

std::uint32_t most_started(const engine_parts& parts) {
  std::uint32_t windows = 0;
  for (const auto& scope : parts.scopes) windows += scope.window;
  for (std::size_t at = 0; at < parts.apps.size(); ++at) {
    if (!parts.apps[at].scope) return parts.config->engine.max_in_flight;  // origins: any number of windows
  }
  return std::min(parts.config->engine.max_in_flight, std::max(windows, suspect_line::some));
}

}  // namespace

intake_state::intake_state(std::shared_ptr<const engine_parts> parts)
    : parts_(std::move(parts)),
      sources_(parts_->scopes),
      work_(parts_->config->lanes.weights),
      gates_(
          [this](scope_number scope) {
            // The supervisor does not know of it, unless it was there at the start.
            parts_->supervisor.send(scope_added{scope});
            scope_gate gate(parts_->scopes[scope].window, !parts_->scopes[scope].origin.empty());
            gate.touch(parts_->time->now());
            return gate;
          },
          parts_->scopes.generations()),
      suspects_(most_started(*parts_)),
      alone_queue_(parts_->config->lanes.weights) {}

void intake_state::attach(intake_actor::pointer self) {
  self_ = self;
  if (started_) send_later(self_, tick_interval, tick{});
}

void intake_state::begin() {
  if (std::exchange(started_, true)) return;
  send_later(self_, tick_interval, tick{});
  fill();
}

std::uint32_t intake_state::entries_wanted(lane in) const {
  return entries_wanted(in, suspects_.waiting(in) + work_.from_elsewhere(in));
}

std::uint32_t intake_state::entries_wanted(lane in, std::uint64_t have) const {
  const auto limit = byte_share[index_of(in)] * double(parts_->config->engine.read_ahead_bytes);
  if (double(loaded_bytes_->load(std::memory_order_relaxed)) >= limit) return 0;
  const std::uint64_t most = parts_->config->engine.read_ahead;
  if (have >= most) return 0;
  const auto entries = double(most - have) / std::max(1.0, recipients_per_entry_[index_of(in)]);
  return std::clamp(static_cast<std::uint32_t>(entries), 1u, max_entries_per_read);
}

bool intake_state::may_read(const source_state& from) const {
  if (from.from->scope.empty()) return lanes_known_ && !control_.paused(from.from->lane);
  if (!from.scope) return true;
  const auto& scope = parts_->scopes[*from.scope];
  const auto& gate = gates_[*from.scope];
  if (!gate.known || blocked(*from.scope, from.from->lane) || parts_->apps[scope.app_index].retired)
    return false;
  return work_.of(*from.scope, from.from->lane) < gate.second_of_work(scope.rate) / 2;
}

void intake_state::fill() {
  if (!started_ || draining_) return;
  cut_audiences();
  if (std::exchange(took_over_, false)) ask_for_work();  // the steps of a take-over take turns with reads
  ask_taken_over();
  ask_for_work();
  await_work();
}

void intake_state::ask_for_work() {
  // What cannot start now is better read by another process.
  if (reading_ || taking_over_ || only_alone()) return;
  if (accepting_ > max_accepting || looking_up_ > max_looking_up || settled_ - written_ > max_unwritten)
    return;
  std::vector<read_ask> asks;
  bool news = false;
  sources_.follow();
  for (auto in : all_lanes) {
    const auto before = asks.size();
    ask_for_origins(in, asks);
    news = news || asks.size() > before;
    if (!in_use(in)) continue;
    const auto wanted = entries_wanted(in);
    if (wanted == 0) continue;
    for (auto* state : sources_.fixed(in)) {
      // A lane goes along with every read, drained or not: while one lane keeps the reader busy, another's
      // news must not wait for the wake-up.
      const bool along = state->drained && state->from->scope.empty();
      if ((state->drained && !along) || !may_read(*state)) continue;
      news = news || !state->drained;
      asks.push_back({state->from, wanted});
    }
  }
  if (!news) return;
  reading_ = true;
  parts_->storage->read(std::move(asks), max_bytes_per_read,
                        [me = parts_->intake](store_result<std::vector<read_batch>> result) {
                          me.send(read_done{std::move(result), false, {}});
                        });
}

void intake_state::ask_taken_over() {
  if (taking_over_ || reading_ || lapsed_.empty()) return;
  const auto bytes = double(loaded_bytes_->load(std::memory_order_relaxed));
  if (bytes >= byte_share[0] * double(parts_->config->engine.read_ahead_bytes)) return;
  taking_over_ = true;
  const auto& name = lapsed_.front();
  parts_->storage->take_over(name, max_entries_per_read / 4, max_bytes_per_read,
                             [me = parts_->intake, name](store_result<std::vector<read_batch>> result) {
                               me.send(read_done{std::move(result), true, name});
                             });
}

void intake_state::await_work() {
  // A wait begun before a read has answered would not know what that read will find drained.
  if (waiting_ || reading_) return;
  std::vector<source_ptr> drained;
  std::size_t all = 0;
  for (auto in : all_lanes) {
    if (!in_use(in)) continue;
    all += sources_.fixed(in).size();
    for (const auto* state : sources_.fixed(in)) {
      if (state->drained) drained.push_back(state->from);
    }
  }
  const auto timeout = drained.empty() ? control_only : drained.size() == all ? full_wait : partial_wait;
  wait_for(std::move(drained), timeout);
}

void intake_state::wait_for(std::vector<source_ptr> drained, std::chrono::milliseconds timeout) {
  waiting_ = true;
  parts_->storage->wait(std::move(drained), timeout,
                        [me = parts_->intake](store_result<std::vector<control_event>> result) {
                          me.send(woken{std::move(result)});
                        });
}

void intake_state::wake(const woken& answer) {
  waiting_ = false;
  if (answer.events.has_error()) {
    // A stream that cannot be waited for (a spoiled key) keeps from waiting for the others: they are looked
    // at as often as the store answers. Otherwise the tick asks again.
    if (answer.events.error().what != store_error::code::refused) return;
    if (!reading_) sources_.wake_all();
    return fill();
  }
  for (const auto& event : *answer.events) control(event);
  if (!reading_) sources_.wake_all();
  fill();
}

void intake_state::on_tick(const tick&) {
  if (draining_) {
    check_drained();
  } else {
    if (!unaccepted_.empty()) accept(std::exchange(unaccepted_, {}));
    start_held_back();
    ask_tokens_again();
    demand_again();
    next_suspects();
    end_holds();
    watch_origins();
    ask_quiet_origins();
    look_for_expired();
    pump();
    fill();
    // While one read follows another nobody waits, and control events would go unheard.
    if (!waiting_) wait_for({}, control_only);
  }
  if (!drained_said_) send_later(self_, tick_interval, tick{});
}

// Redis away is said by the store; this is a key that somebody else made something else of.
void intake_state::say_refusal(const store_error& why) {
  const auto now = parts_->time->now();
  if (why.what != store_error::code::refused || now - refusal_said_ < refusal_interval) return;
  refusal_said_ = now;
  log::error("read_refused", {{"detail", why.detail}});
}

void intake_state::take_read(const read_done& answer) {
  (answer.taken_over ? taking_over_ : reading_) = false;
  took_over_ = answer.taken_over;
  if (answer.batches.has_error()) {
    say_refusal(answer.batches.error());
    return;  // the tick asks again
  }
  std::size_t entries = 0;
  for (const auto& batch : *answer.batches) {
    entries += batch.entries.size();
    if (!answer.taken_over) {
      if (auto* state = sources_.find(*batch.from)) {
        sources_.was_read(*state, batch.drained);
        note_expiries_read(*state, batch);
      }
    }
    load(batch);
  }
  if (answer.taken_over) {
    if (entries == 0) std::erase(lapsed_, answer.consumer);
    if (entries > 0) log::info("taken_over", {{"consumer", answer.consumer}, {"entries", entries}});
  }
  fill();
}

// A source at a time, the high lane first: its work is on the way before a bulk lane's megabyte is parsed.
void intake_state::load(const read_batch& batch) {
  if (batch.entries.empty()) return;
  settlement over;
  std::vector<run_ptr> unknown;
  for (const auto& entry : batch.entries) load(entry, batch.from, over, unknown);
  if (!unknown.empty()) accept(std::move(unknown));
  ask_tokens();
  settle(std::move(over));
  pump();
}

void intake_state::accept(std::vector<run_ptr> runs) {
  std::vector<acceptance> jobs;
  jobs.reserve(runs.size());
  const auto wall = parts_->time->wall();
  for (const auto& owner : runs) {
    const auto& document = *owner->document;
    acceptance job;
    job.tenant = document.tenant;
    job.id = document.id;
    job.lane = owner->lane;
    job.total = document.recipients.size();
    job.audience = document.audience;
    job.sha256 = to_hex(sha256(document.document));
    job.where = owner->where;
    job.created_at = owner->stored_at;
    job.rest = !owner->first_entry;
    job.scheduled = document.send_at && *document.send_at > wall;
    jobs.push_back(std::move(job));
  }
  ++accepting_;
  parts_->storage->accept(std::move(jobs), [me = parts_->intake, runs = std::move(runs)](
                                               store_result<std::vector<acceptance_result>> result) {
    me.send(accept_done{runs, std::move(result)});
  });
}

void intake_state::take_accepted(const accept_done& answer) {
  --accepting_;
  if (answer.results.has_error() || answer.results->size() != answer.runs.size()) {
    unaccepted_.insert(unaccepted_.end(), answer.runs.begin(), answer.runs.end());
    return;  // the tick tries again; until then nothing of them is sent
  }
  settlement over;
  for (std::size_t i = 0; i < answer.runs.size(); ++i) {
    const auto& owner = answer.runs[i];
    switch ((*answer.results)[i]) {
      case acceptance_result::accepted:
        parts_->measures->jobs("accepted", 1);
        admit(owner, over);
        break;
      case acceptance_result::resumed:
        admit(owner, over);
        break;
      case acceptance_result::paused:
        owner->mode = run_mode::paused;
        admit(owner, over);
        break;
      case acceptance_result::repeat:
        parts_->measures->jobs("repeat", 1);
        over.finished_entries.push_back(owner->where);
        break;
      case acceptance_result::conflict:
        parts_->measures->jobs("conflict", 1);
        over.letters.push_back(
            letter_of(*owner, "id_conflict", "/id: another job of this tenant has this id"));
        over.finished_entries.push_back(owner->where);
        break;
      case acceptance_result::no_audience:
        over.letters.push_back(letter_of(*owner, "malformed", "/audience: there is no such list"));
        over.finished_entries.push_back(owner->where);
        break;
      case acceptance_result::unusable:
        unusable_.push_back(owner);
        break;
      case acceptance_result::cancelled:
        owner->mode = run_mode::cancelled;
        if (!owner->document->audience.empty()) admit(owner, over);
        for (std::uint32_t at = 0; at < owner->states.size(); ++at) {
          if (!owner->states[at].ended && !owner->states[at].withheld) {
            over.ends.push_back({{owner, at}, outcome::cancelled, "cancelled", {}});
          }
        }
        break;
    }
  }
  ask_tokens();
  settle(std::move(over));
  pump();
  fill();
}

// What Redis found due is not sent back for the little by which its clock is misjudged here.
bool intake_state::not_yet_due(const run& owner) const {
  const auto& send_at = owner.document->send_at;
  const auto early = owner.where.from->scope == ready_scope ? misjudged : 0ms;
  return send_at && *send_at > parts_->time->wall() + early;
}

void intake_state::admit(const run_ptr& owner, settlement& over) {
  if (!owner->document->audience.empty()) return open_audience(owner, over);
  if (refuse_app(owner, over)) return;
  if (look_up(owner, over)) return;
  const auto& document = *owner->document;
  if (not_yet_due(*owner)) {
    for (std::uint32_t at = 0; at < owner->states.size(); ++at) {
      if (owner->states[at].ended || owner->states[at].withheld) continue;
      over.parks.push_back({{owner, at}, {owner->lane, std::string(ready_scope)}, document.send_at});
    }
    return;
  }
  if (owner->recovered) {
    suspects_.add(owner);
    next_suspects();
  } else {
    enqueue(owner, 0, static_cast<std::uint32_t>(owner->states.size()), over);
  }
}

void intake_state::enqueue(const run_ptr& owner, std::uint32_t begin, std::uint32_t end, settlement& over) {
  const auto& document = *owner->document;
  const auto& recipients = document.recipients;
  if (recipients.size() == 1 && owner->states[0].attempts == 0) {
    auto to = parts_->destination_of(recipients[0], document);
    if (to.scope) {
      place({owner, nullptr, 0, 1}, *to.scope, over);
    } else if (!to.waits_in.empty()) {
      park_unplaced({owner, 0}, std::move(to), over);
    } else {
      over.ends.push_back({{owner, 0}, to.result, to.reason, {}});
    }
    return;
  }
  scope_shares shares;
  std::array<const app_info*, platform_count> apps{};
  for (auto on : all_platforms) apps[index_of(on)] = parts_->app_of(on, document.app);
  for (auto at = begin; at < end; ++at) {
    const auto& state = owner->states[at];
    if (state.ended || state.withheld) continue;
    auto to = destination_of(apps[index_of(recipients[at].platform)], recipients[at], document.tenant);
    if (!to.waits_in.empty()) {
      park_unplaced({owner, at}, std::move(to), over);
    } else if (!to.scope) {
      over.ends.push_back({{owner, at}, to.result, to.reason, {}});
    } else if (state.attempts > 0 && state.suspect == 0) {
      shares.of(*to.scope).retries.push_back({owner, at});
    } else {
      // A suspect goes its own way, which is slow enough.
      shares.of(*to.scope).positions.push_back(at);
    }
  }
  for (auto& share : shares.all()) {
    if (!share.retries.empty()) place_retries(std::move(share.retries), share.scope, over);
    if (share.positions.empty()) continue;
    const auto count = static_cast<std::uint32_t>(share.positions.size());
    auto positions = std::make_shared<const std::vector<std::uint32_t>>(std::move(share.positions));
    place({owner, std::move(positions), 0, count}, share.scope, over);
  }
}

}  // namespace dispatch
