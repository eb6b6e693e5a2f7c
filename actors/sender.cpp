#include "actors/sender.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "actors/patience.hpp"

namespace dispatch {
namespace {

std::string_view reason_of(render_status status) {
  switch (status) {
    case render_status::ok:
      return "";
    case render_status::missing_variable:
      return "missing_variable";
    case render_status::payload_too_large:
      return "payload_too_large";
    case render_status::unsupported_target:
      return "unsupported_target";
    case render_status::invalid_subscription:
      return "invalid_subscription";
    case render_status::invalid_message:
      return "invalid_message";
  }
  return "other";
}

class batch_renderer {
 public:
  batch_renderer(const engine_parts& parts, const work_batch& batch)
      : parts_(parts), scope_(parts.scopes[batch.scope]), now_(parts.time->now()), wall_(parts.time->wall()) {
    requests_.reserve(batch.items.size());
  }

  void add(const work_item& item) {
    const auto& document = *item.owner->document;
    if (item.owner->mode.load(std::memory_order_relaxed) == run_mode::cancelled) {
      end(item, outcome::cancelled, "cancelled", {});
      return;
    }
    if (document.expires_at && *document.expires_at <= wall_) {
      end(item, outcome::expired, "expired", {});
      return;
    }
    // A probe of a host that has failed for so long finds others of its age behind it: the round is for the
    // young.
    if (item.state().probe && is_given_up(*parts_.config, scope_, *item.owner, wall_)) {
      end(item, outcome::dead, "unreachable", {});
      return;
    }
    if (document.dry_run && !scope_.adapter->sends_dry_run()) {
      dry_run(item);
      return;
    }
    if (!scope_.rendered->has_room()) {
      unrendered_.push_back(item);
      return;
    }
    if (!parts_.crash_token.empty() && item.who().target.starts_with(parts_.crash_token)) std::abort();
    outgoing out;
    std::string detail;
    const auto status = render(item, out.request, detail);
    if (status != render_status::ok) {
      end(item, outcome::failed, reason_of(status), std::move(detail));
      return;
    }
    out.item = item;
    out.held = rendered_bytes::claim(scope_.rendered, size_of(out.request));
    out.request.lane = item.owner->lane;
    out.request.deadline = deadline(document);
    requests_.push_back(std::move(out));
  }

  void add_alone(const work_item& item) {
    try {
      add(item);
    } catch (const std::exception& e) {
      end(item, outcome::dead, "poison", e.what());
    }
  }

  std::vector<outgoing>& requests() { return requests_; }
  std::vector<local_end>& ends() { return ends_; }

  /// Those there was no room for (rendered_bytes): as if the channel had been full. Null: there were none.
  completion_batch_ptr take_back(scope_number scope) {
    if (unrendered_.empty()) return nullptr;
    auto batch = std::make_shared<completion_batch>();
    batch->scope = scope;
    for (auto& item : unrendered_) {
      provider_answer answer;
      answer.failure = send_failure::not_sent;
      batch->answers.push_back({std::move(item), std::move(answer), nullptr});
    }
    return batch;
  }

 private:
  static std::uint64_t size_of(const provider_request& request) {
    auto bytes = sizeof(outgoing) + request.body.capacity() + request.path.capacity();
    for (const auto& [name, value] : request.own) bytes += sizeof(header) + value.capacity();
    return bytes;
  }

  render_status render(const work_item& item, provider_request& request, std::string& detail) {
    const auto& document = *item.owner->document;
    const auto& who = item.who();
    const auto key = dedupe_key::of(document.tenant, document.id, who.index);
    const auto& compiled = item.owner->compiled(who.platform, *scope_.adapter);
    return scope_.adapter->render(compiled, document, who, key, request, detail);
  }

  // Everything but the sending, where the provider has no validation of its own.
  void dry_run(const work_item& item) {
    provider_request discarded;
    std::string detail;
    const auto status = render(item, discarded, detail);
    if (status == render_status::ok) {
      end(item, outcome::delivered, "dry_run", {});
    } else {
      end(item, outcome::failed, reason_of(status), std::move(detail));
    }
  }

  void end(const work_item& item, outcome result, std::string_view reason, std::string detail) {
    ends_.push_back({item, result, reason, std::move(detail)});
  }

  std::chrono::steady_clock::time_point deadline(const job& document) const {
    auto at = now_ + scope_.timeout;
    if (document.expires_at) at = std::min(at, now_ + (*document.expires_at - wall_));
    return at;
  }

  const engine_parts& parts_;
  const scope_info& scope_;
  std::chrono::steady_clock::time_point now_;
  epoch_ms wall_;
  std::vector<outgoing> requests_;
  std::vector<local_end> ends_;
  std::vector<work_item> unrendered_;
};

// A batch that has crashed its sender twice is taken apart: whatever cannot be rendered ends alone.
constexpr std::uint32_t crashes_before_apart = 2;

void send(const engine_parts& parts, const work_batch_ptr& batch, std::uint32_t crashes) {
  if (batch->sent.taken()) return;
  batch_renderer renderer(parts, *batch);
  for (const auto& item : batch->items) {
    if (crashes < crashes_before_apart) {
      renderer.add(item);
    } else {
      renderer.add_alone(item);
    }
  }
  // Up to here an exception leaves the batch with the intake; from here on it is the channel's.
  if (!batch->sent.claim()) return;
  if (auto back = renderer.take_back(batch->scope)) parts.tracker.send(std::move(back));
  parts.scopes[batch->scope].way->submit(std::move(renderer.requests()), std::move(renderer.ends()));
}

}  // namespace

sender_actor::behavior_type sender(sender_actor::pointer self, const sender_config& config) {
  const auto& me = config.parts->senders[index_of(config.serves)];
  log_exceptions(self, me.actor());
  return {on<work_batch_ptr>(me, [parts = config.parts](const work_batch_ptr& batch, std::uint32_t crashes) {
    send(*parts, batch, crashes);
  })};
}

}  // namespace dispatch
