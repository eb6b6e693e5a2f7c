// A job's audience is cut, from its head, into parked rests of the job, which any process reads like other
// rests: what holds for those (kills, pauses, retries) holds for an audience. Its entry stays pending here
// until the list is gone; where the next window begins stands in Redis, so another process goes on from
// there.

#include <algorithm>
#include <utility>

#include "actors/intake/intake_state.hpp"
#include "core/job/resume.hpp"
#include "storage/operator/names.hpp"

namespace dispatch {
namespace {

constexpr std::uint32_t window_recipients = 1'000;
constexpr std::size_t window_bytes = 256u << 10;
// Lists being cut at once; the others take turns with them.
constexpr std::size_t max_cut_at_once = 8;

/// The job with what is left of its list.
parked whole_rest(const run& owner, source to, std::optional<epoch_ms> due) {
  resume_state resume;
  resume.stored_at = owner.stored_at;
  resume.has_hash = true;
  return {
      std::move(to),    due, subset_document(*owner.document, {}, true), encode(resume), owner.correlation_id,
      owner.traceparent};
}

}  // namespace

void intake_state::park_audience(const run_ptr& owner, source to, std::optional<epoch_ms> due,
                                 settlement& over) {
  settlement::cut whole;
  whole.owner = owner;
  whole.rests.push_back(whole_rest(*owner, std::move(to), due));
  whole.last = true;
  over.cuts.push_back(std::move(whole));
}

void intake_state::open_audience(const run_ptr& owner, settlement& over) {
  if (owner->mode != run_mode::cancelled && not_yet_due(*owner)) {
    park_audience(owner, {owner->lane, std::string(ready_scope)}, owner->document->send_at, over);
  } else {
    audiences_.push_back({owner, std::nullopt, false});
  }
}

// A window at a time, and only while there is nothing of it left to read: what is not cut yet costs nothing
// to keep.
bool intake_state::wants_window(lane in) {
  const auto& ready = sources_.ready(in);
  return ready.drained && !control_.paused(in) && entries_wanted(in) > 0;
}

void intake_state::cut_audiences() {
  std::erase_if(cut_, [&](open_list& list) {
    if (!list.written_at || written_ < *list.written_at) return false;
    if (list.owner->unwritten != run_hold::none) return false;  // counted as settled, but not written
    sources_.ready(list.owner->lane).drained = false;
    list.written_at.reset();
    if (!list.over) audiences_.push_back(std::move(list));
    return true;
  });
  settlement over;
  for (auto looks = std::min(max_cut_at_once, audiences_.size()); looks > 0; --looks) {
    auto list = std::move(audiences_.front());
    audiences_.pop_front();
    const auto& document = *list.owner->document;
    if (list.owner->mode == run_mode::paused) {
      park_audience(list.owner, {list.owner->lane, job_scope(document.tenant, document.id)}, std::nullopt,
                    over);
    } else if (cut_.size() >= max_cut_at_once || !wants_window(list.owner->lane)) {
      audiences_.push_back(std::move(list));
    } else {
      ask_window(std::move(list));
    }
  }
  settle(std::move(over));
}

void intake_state::ask_window(open_list list) {
  const auto& document = *list.owner->document;
  parts_->storage->read_audience(
      std::string(document.tenant), std::string(document.id), std::nullopt, window_recipients, window_bytes,
      [me = parts_->intake, owner = list.owner](store_result<audience_window> window) {
        me.send(audience_read{owner, std::move(window)});
      });
  cut_.push_back(std::move(list));
}

void intake_state::take_window(const audience_read& m) {
  const auto list = std::find_if(cut_.begin(), cut_.end(), [&](const open_list& each) {
    return each.owner == m.owner && !each.written_at;
  });
  if (list == cut_.end()) return;
  if (m.window.has_error() || draining_ || m.owner->mode == run_mode::paused) {
    audiences_.push_back(std::move(*list));  // the tick goes on; when draining, whoever takes the entry over
    cut_.erase(list);
    return;
  }
  settlement over;
  over.cuts.push_back(cut_window(m.owner, *m.window, over.letters));
  list->over = over.cuts.back().last;
  settle(std::move(over));
  list->written_at = settled_;
  fill();
}

settlement::cut intake_state::cut_window(const run_ptr& owner, const audience_window& window,
                                         std::vector<dead_letter>& letters) {
  settlement::cut cut;
  cut.owner = owner;
  cut.first = window.first;
  cut.count = static_cast<std::uint32_t>(window.elements.size());
  cut.last = window.remaining == 0;
  resume_state resume;
  resume.stored_at = owner->stored_at;
  resume.has_hash = true;
  std::vector<std::string_view> usable;
  for (std::size_t i = 0; i < window.elements.size(); ++i) {
    const auto& element = window.elements[i];
    const auto index = window.first + i;
    auto refused = parser_.check_recipient(element);
    if (element.size() > audience_element_limit) refused = job_error{"", "longer than 65536 bytes"};
    if (refused) {
      ++cut.unusable;
      letters.push_back(
          letter_of(*owner, "malformed",
                    "/audience/" + std::to_string(index) + refused->pointer + ": " + refused->message));
      letters.back().document = element;
    } else {
      usable.push_back(element);
      resume.indices.push_back(index);
    }
  }
  if (cut.unusable > 0) {
    log::warn("recipients_refused",
              {{"tenant", owner->document->tenant}, {"job", owner->document->id}, {"count", cut.unusable}});
  }
  if (usable.empty()) return cut;
  resume.attempts.resize(usable.size());
  cut.rests.push_back({{owner->lane, std::string(ready_scope)},
                       std::nullopt,
                       window_document(*owner->document, usable),
                       encode(resume),
                       owner->correlation_id,
                       owner->traceparent});
  return cut;
}

}  // namespace dispatch
