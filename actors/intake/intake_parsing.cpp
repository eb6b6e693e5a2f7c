// Entries become runs, or dead letters.

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "actors/intake/intake_state.hpp"
#include "core/job/reserved_types.hpp"
#include "core/job/resume.hpp"

namespace dispatch {
namespace {

// It goes into every window, whose document is bounded as all are.
constexpr std::size_t max_audience_document = 256u << 10;

epoch_ms stored_at(const std::string& entry_id) {
  std::int64_t ms = 0;
  for (char c : entry_id) {
    if (c < '0' || c > '9') break;
    ms = ms * 10 + (c - '0');
  }
  return epoch_ms{ms};
}

entry_ref where_of(const entry& what, const source_ptr& from) {
  return {from, what.id, what.has_content == content_state::there ? what.content->ref : std::string()};
}

}  // namespace

// Where an earlier owner of this entry stood: what was over then stays over.
void intake_state::take_progress(run& owner, const progress_bitmap& earlier) {
  const auto count = owner.states.size();
  owner.progress.assign((count + 7) / 8, '\0');
  if (earlier.size() != owner.progress.size()) return;
  owner.progress = earlier;
  owner.progress_stored = true;
  for (std::size_t at = 0; at < count; ++at) {
    if ((static_cast<unsigned char>(earlier[at / 8]) >> at % 8 & 1u) == 0) continue;
    owner.states[at].ended = true;
    --owner.open;
  }
}

dead_letter intake_state::letter_of(const run& owner, std::string reason, std::string detail) const {
  dead_letter letter;
  letter.tenant = owner.document->tenant;
  letter.document = owner.document->document;
  letter.reason = std::move(reason);
  letter.detail = std::move(detail);
  letter.source_id = owner.where.id;
  letter.at = parts_->time->wall();
  return letter;
}

void intake_state::refuse(const entry& what, const source_ptr& from, const job_error& why, settlement& over) {
  dead_letter letter;
  letter.tenant = "default";
  letter.document = what.document;
  letter.reason = "malformed";
  letter.detail = why.pointer + ": " + why.message;
  letter.source_id = what.id;
  letter.at = parts_->time->wall();
  if (what.has_content == content_state::there) letter.content = what.content;
  log::warn("job_refused", {{"entry", what.id}, {"pointer", why.pointer}, {"detail", why.message}});
  over.letters.push_back(std::move(letter));
  over.finished_entries.push_back(where_of(what, from));
  parts_->measures->jobs("malformed", 1);
}

run_ptr intake_state::make_run(const entry& what, const source_ptr& from, settlement& over) {
  std::optional<resume_state> resume;
  if (!what.resume.empty()) resume = decode_resume(what.resume);
  const auto indices =
      resume ? std::span<const std::uint64_t>(resume->indices) : std::span<const std::uint64_t>();
  const auto raw_size = what.document.size();
  auto shared = contents_.of(what, parser_);
  if (const auto* refused = std::get_if<job_error>(&shared)) {
    refuse(what, from, *refused, over);
    return nullptr;
  }
  auto content = std::get<std::shared_ptr<shared_content>>(std::move(shared));
  auto parsed = content ? parser_.parse_rest(what.document, indices, content->document)
                        : parser_.parse(what.document, indices);
  if (const auto* good = std::get_if<std::unique_ptr<job>>(&parsed);
      good && from->lane != lane::results && claims_reserved_type((*good)->with_message()))
    parsed = job_error{"/overrides/webhook/type", "is one that only the engine sends", {}};
  if (const auto* refused = std::get_if<job_error>(&parsed)) {
    refuse(what, from, *refused, over);
    return nullptr;
  }
  loaded_bytes_->fetch_add(raw_size, std::memory_order_relaxed);
  run_ptr owner(new run, [bytes = loaded_bytes_, raw_size](run* done) {
    bytes->fetch_sub(raw_size, std::memory_order_relaxed);
    delete done;
  });
  owner->document = std::move(std::get<std::unique_ptr<job>>(parsed));
  owner->where = where_of(what, from);
  owner->shared = std::move(content);
  const auto* const list = sources_.find(*from);
  owner->from_origin = list && list->scope && gates_[*list->scope].of_origin();
  owner->lane = from->lane;
  owner->correlation_id = what.correlation_id;
  owner->traceparent = what.traceparent;
  const auto count = owner->document->recipients.size();
  owner->states.resize(count);
  owner->open = static_cast<std::uint32_t>(count);
  if (count > 1) take_progress(*owner, what.progress);
  owner->first_entry = !resume;
  if (resume) {
    owner->stored_at = resume->stored_at;
    owner->has_hash = resume->has_hash;
    for (std::size_t i = 0; i < std::min(count, resume->attempts.size()); ++i) {
      owner->states[i].attempts = static_cast<std::uint16_t>(resume->attempts[i]);
    }
  } else {
    owner->stored_at = stored_at(owner->where.id);
    owner->has_hash = owner->document->has_own_id() || count != 1;
    if (!owner->document->has_own_id()) {
      owner->document->name(std::string(to_string(owner->lane)) + '-' + owner->where.id);
    }
  }
  return owner;
}

// A group that vanished is made again at 0, and so brings what is being worked on once more.
bool intake_state::in_hand(const run& what) const {
  if (!what.has_hash) return false;
  const auto alive = control_.find(what.document->tenant, what.document->id);
  return std::any_of(alive.begin(), alive.end(), [&](const run_ptr& one) {
    return one->where.id == what.where.id && *one->where.from == *what.where.from;
  });
}

// Whoever mends the key finds the rest as it was.
void intake_state::wait_for_content(const entry& what, const source_ptr& from, settlement& over) {
  constexpr std::chrono::milliseconds again{10'000};
  log::error("content_unusable",
             {{"entry", what.id},
              {"content", what.content->ref},
              {"detail", "the key holds something else; what refers to it waits until that is mended"}});
  over.moved.push_back({*from, parts_->time->wall() + again, what.document, what.resume, what.correlation_id,
                        what.traceparent, what.content});
  over.finished_entries.push_back({from, what.id});
}

// Nothing can be sent of it, but the job it belongs to comes to its end.
void intake_state::lose(const run_ptr& owner, settlement& over) {
  log::error("content_missing", {{"tenant", owner->document->tenant},
                                 {"job", owner->document->id},
                                 {"recipients", owner->open},
                                 {"detail", "Redis has lost what these recipients were to be sent"}});
  for (std::uint32_t at = 0; at < owner->states.size(); ++at) {
    if (!owner->states[at].ended) over.ends.push_back({{owner, at}, outcome::dead, "content_missing", {}});
  }
  if (owner->open == 0) over.finished_entries.push_back(owner->where);
}

void intake_state::load(const entry& what, const source_ptr& from, settlement& over,
                        std::vector<run_ptr>& unknown) {
  if (what.has_content == content_state::unusable) return wait_for_content(what, from, over);
  auto owner = make_run(what, from, over);
  if (!owner || in_hand(*owner)) return;
  if (what.has_content == content_state::missing) return lose(owner, over);
  if (!owner->document->audience.empty()) {
    if (owner->document->document.size() > max_audience_document) {
      over.letters.push_back(
          letter_of(*owner, "malformed", ": with an audience a document has at most 262144 bytes"));
      over.finished_entries.push_back(owner->where);
      return;
    }
    control_.opened(owner);
    unknown.push_back(std::move(owner));
    return;
  }
  if (is_poison(what, owner, over)) return;
  auto& average = owner->from_origin ? recipients_per_rest_ : recipients_per_entry_[index_of(from->lane)];
  average = 0.9 * average + 0.1 * double(owner->states.size());
  if (owner->open == 0) {
    over.finished_entries.push_back(owner->where);
    return;
  }
  owner->recovered = what.recovered;
  owner->died_upto = what.died_upto;
  if (owner->has_hash) control_.opened(owner);
  if (owner->has_hash) {
    unknown.push_back(std::move(owner));
  } else {
    admit(owner, over);
  }
}

}  // namespace dispatch
