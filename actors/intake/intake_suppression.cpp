// Recipients whose token a provider has called dead end here, before they are queued. While no token at all
// is suppressed this costs one atomic load a job.

#include <algorithm>
#include <utility>

#include "actors/intake/intake_state.hpp"

namespace dispatch {
namespace {

/// Whether it may be suppressed; `for_tokens`: dead tokens are.
bool suppressible(const recipient& who, bool for_tokens) {
  return who.kind == target_kind::url || (for_tokens && is_device(who.kind));
}

bool startable(const run& owner) {
  return std::any_of(owner.states.begin(), owner.states.end(),
                     [](const recipient_state& each) { return each.startable(); });
}

}  // namespace

bool intake_state::look_up(const run_ptr& owner, settlement& over) {
  if (owner->looked_up) return !startable(*owner);
  const auto& document = *owner->document;
  const auto now = parts_->time->wall();
  if (document.send_at && *document.send_at > now) return false;  // when it is due
  if (!parts_->storage->tokens().any()) return false;
  const bool for_tokens = parts_->config->hygiene.suppress_ttl.count() > 0;
  owner->looked_up = true;
  for (std::uint32_t at = 0; at < owner->states.size(); ++at) {
    const work_item item{owner, at};
    if (!item.state().startable() || !suppressible(item.who(), for_tokens)) continue;
    const auto to = parts_->destination_of(item.who(), document);
    if (!to.scope) continue;
    const auto token = token_fingerprint::of(parts_->scopes[*to.scope].name, item.who().target);
    switch (known_tokens_.find(token, now)) {
      case suppression_cache::known::suppressed:
        suppress(item, over);
        break;
      case suppression_cache::known::clear:
        break;
      case suppression_cache::known::nothing:
        if (!wanted_tokens_) wanted_tokens_ = std::make_shared<token_query>();
        wanted_tokens_->items.push_back(item);
        wanted_tokens_->tokens.push_back(token);
        ++owner->looking_up;
        if (wanted_tokens_->tokens.size() == token_store::max_at_once) ask_tokens();
        break;
    }
  }
  return owner->looking_up > 0 || !startable(*owner);
}

void intake_state::suppress(const work_item& item, settlement& over) {
  item.state().withheld = true;
  const bool is_endpoint = item.who().kind == target_kind::url;
  over.ends.push_back({item, outcome::suppressed, is_endpoint ? "endpoint_disabled" : "known_dead", {}});
}

void intake_state::ask_tokens() {
  if (!wanted_tokens_) return;
  ++looking_up_;
  ask_tokens(std::exchange(wanted_tokens_, nullptr));
}

void intake_state::ask_tokens(std::shared_ptr<const token_query> what) {
  auto tokens = what->tokens;
  parts_->storage->tokens().suppressed(std::move(tokens), [me = parts_->intake, what = std::move(what)](
                                                              store_result<std::vector<epoch_ms>> ends) {
    me.send(tokens_known{what, std::move(ends)});
  });
}

void intake_state::ask_tokens_again() {
  for (auto& query : std::exchange(unanswered_, {})) ask_tokens(std::move(query));
}

void intake_state::take_known(const tokens_known& m) {
  const bool away = m.ends.has_error() && m.ends.error().what == store_error::code::unavailable;
  if (away) {
    unanswered_.push_back(m.asked);  // the tick asks again; until then nothing of them is sent
    return;
  }
  --looking_up_;
  if (draining_) return;  // their entries stay pending, and are another process's then
  // A Redis that refuses to say is no reason to send nothing for ever.
  if (m.ends.has_error()) log::warn("tokens_not_looked_up", {{"detail", m.ends.error().detail}});
  const auto now = parts_->time->wall();
  settlement over;
  for (std::size_t i = 0; i < m.asked->items.size(); ++i) {
    const auto& item = m.asked->items[i];
    const auto end = m.ends.has_value() ? (*m.ends)[i] : epoch_ms{0};
    if (end > now) {
      known_tokens_.suppressed(m.asked->tokens[i], end, now);
      suppress(item, over);
    } else if (m.ends.has_value()) {
      known_tokens_.clear(m.asked->tokens[i], now);
    }
    if (--item.owner->looking_up == 0) admit(item.owner, over);
  }
  settle(std::move(over));
  pump();
  fill();
}

void intake_state::learn_dead(const dead_tokens& m) {
  const auto now = parts_->time->wall();
  for (const auto& mark : m.marks) known_tokens_.suppressed(mark.token, mark.until, now);
}

}  // namespace dispatch
