#include "actors/tracker/result_posts.hpp"

#include <string_view>
#include <utility>

#include "actors/tracker/checkpoint_builder.hpp"
#include "core/job/text_template.hpp"
#include "core/policy/rfc3339.hpp"

namespace dispatch {
namespace {

// Strings of overrides are templates, and nobody's text is to be taken for one: two braces are the value of a
// variable, which is not expanded again.
constexpr std::string_view braces = "{{";
constexpr std::string_view braces_variable = "{{braces}}";

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (auto at = text.find(braces); at != std::string_view::npos; at = text.find(braces)) {
    append_json_escaped(out, text.substr(0, at));
    out.append(braces_variable);
    text.remove_prefix(at + braces.size());
  }
  append_json_escaped(out, text);
  out += '"';
}

/// A member behind others; an empty one is left out.
void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.append(",\"").append(name).append("\":");
  append_text(out, value);
}

/// Up to where the data's own members begin. The names an ordinary webhook's data has are the job's here.
std::string head_of(const run& owner, std::string_view app, std::string_view type, epoch_ms now) {
  std::string out("{\"tenant\":");
  append_text(out, owner.document->tenant);
  append_member(out, "app", app);
  out.append(",\"message\":{},\"overrides\":{\"webhook\":{\"type\":\"").append(type);
  out.append("\",\"timestamp\":\"").append(format_rfc3339(now));
  out.append("\",\"data\":{\"recipient_id\":null,\"job_id\":");
  append_text(out, owner.document->id);
  append_member(out, "correlation_id", owner.correlation_id);
  out += ',';
  return out;
}

std::string tail_for(std::string_view url) {
  std::string out("}}},\"recipients\":[{\"platform\":\"webhook\",\"url\":\"");
  append_json_escaped(out, url);
  out.append("\",\"vars\":{\"braces\":\"{{\"}}]}");
  return out;
}

void append_outcome(std::string& out, const recipient& who, const ending& how, epoch_ms now) {
  out.append("{\"index\":").append(std::to_string(who.index));
  append_member(out, "recipient_id", who.id);
  append_member(out, "platform", to_string(who.platform));
  append_member(out, "outcome", to_string(how.result));
  append_member(out, "reason", how.reason);
  out.append(",\"attempts\":").append(std::to_string(how.attempts));
  append_member(out, "provider_id", how.provider_id);
  out.append(",\"at\":").append(std::to_string(now.count())).append("}");
}

}  // namespace

void result_posts::add(const work_item& item, const ending& how, epoch_ms now, const tenant_settings& to) {
  const auto [at, fresh] = places_.try_emplace(item.owner.get(), open_.size());
  if (fresh) open_.push_back({item.owner, {to.results_url, to.results_app}, 0, {}});
  auto& post = open_[at->second];
  if (post.count > 0) post.outcomes += ',';
  append_outcome(post.outcomes, item.who(), how, now);
  ++post.count;
  ++outcomes_;
  if (post.count >= most_outcomes || post.outcomes.size() >= most_bytes) close(post, now);
}

void result_posts::watch(const run_ptr& owner, std::size_t place, const tenant_settings& to) {
  watched_.push_back({owner, place, {to.results_url, to.results_app}});
}

void result_posts::close(gathered& one, epoch_ms now) {
  if (one.count == 0) return;
  auto document = head_of(*one.owner, one.to.app, "job.outcomes", now);
  document.append("\"outcomes\":[").append(one.outcomes).append("]").append(tail_for(one.to.url));
  full_.push_back({std::move(document), one.owner->correlation_id, one.owner->traceparent});
  one.outcomes.clear();
  one.count = 0;
}

void result_posts::seal(checkpoint& into, epoch_ms now) {
  for (auto& one : open_) close(one, now);
  for (const auto& [owner, place, to] : watched_) {
    into.completions.push_back({place, head_of(*owner, to.app, "job.completed", now), tail_for(to.url),
                                owner->correlation_id, owner->traceparent});
  }
  into.posts = std::exchange(full_, {});
  open_.clear();
  places_.clear();
  watched_.clear();
  outcomes_ = 0;
}

}  // namespace dispatch
