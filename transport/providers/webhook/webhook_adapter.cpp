#include "transport/providers/webhook/webhook_adapter.hpp"

#include <algorithm>
#include <utility>

#include "core/policy/rfc3339.hpp"
#include "transport/providers/render/compiled_body.hpp"
#include "transport/providers/render/json_sink.hpp"
#include "transport/providers/render/message_fields.hpp"
#include "transport/providers/render/render_bounds.hpp"
#include "transport/providers/webhook/webhook_answer.hpp"
#include "transport/url.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

// The standard advises 20 kB; this is what nobody's receiver should have to take.
constexpr std::size_t max_body_bytes = std::size_t{64} * 1024;
constexpr std::size_t max_url_bytes = 2'048;

struct webhook_message final : compiled_message {
  bool supported = true;
  std::string error;  ///< why nothing can be sent; empty when it can
  compiled_body body;
};

/// {"type", "timestamp", "data"}: the message and what the receiver may want to know of its origin.
template <class Sink>
void write_payload(Sink& out, const job& source, std::string_view type) {
  const auto& what = source.message;
  out.text("type", type);
  out.hole("timestamp", mark::timestamp);
  out.open("data");
  if (!what.title.empty()) out.text("title", what.title);
  if (!what.body.empty()) out.text("body", what.body);
  if (!what.image.empty()) out.text("image", what.image);
  if (!what.link.empty()) out.text("link", what.link);
  if (what.badge) out.number("badge", *what.badge);
  if (!what.sound.empty()) out.text("sound", what.sound);
  out.open("data");
  for (const auto& [key, value] : what.data) out.pair(key, value);
  out.close();
  out.text("tenant", source.tenant);
  out.text("job_id", source.id);
  out.hole("recipient_id", mark::recipient_id);
  out.hole(dispatch_id_name, mark::dedupe_key);
  out.close();
}

epoch_ms system_now() {
  return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
}

class webhook_adapter final : public provider_adapter {
 public:
  explicit webhook_adapter(webhook_options options) : options_(std::move(options)) {
    if (!options_.now) options_.now = system_now;
  }

  provider kind() const noexcept override { return provider::webhook; }
  bool by_origin() const noexcept override { return true; }

  std::string origin_of(const recipient& who) const override {
    const auto url = usable_url(who);
    return url ? url->origin() : std::string();
  }

  std::unique_ptr<compiled_message> compile(const job& source, platform target) const override {
    auto made = std::make_unique<webhook_message>();
    made->supported = target == platform::webhook;
    if (source.overrides.webhook.empty()) {
      made->body.frame("{");
      direct_sink sink(made->body);
      write_payload(sink, source, options_.type);
      made->body.frame("}");
    } else {
      made->error = compile_overridden(source, made->body);
    }
    made->body.seal();
    return made;
  }

  render_status render(const compiled_message& message, const job& source, const recipient& who,
                       const dedupe_key& key, provider_request& out, std::string& detail) const override {
    const auto& what = static_cast<const webhook_message&>(message);
    const auto url = usable_url(who);
    if (!what.supported || !url) return render_status::unsupported_target;
    if (!what.error.empty()) {
      detail = what.error;
      return render_status::invalid_message;
    }
    const auto now = options_.now();
    const auto happened = format_rfc3339(source.send_at.value_or(now));
    render_values values;
    values.dedupe = key.text();
    values.timestamp = happened;
    out.path = url->target;
    out.body.clear();
    std::string_view missing;
    if (const auto how = what.body.render(source, who, values, stop_after(max_body_bytes), out.body, missing);
        how != fill_status::ok)
      return stopped(how, missing, stop_after(max_body_bytes), "body", detail);
    if (out.body.size() > max_body_bytes) {
      detail = std::to_string(out.body.size()) + " bytes, " + std::to_string(max_body_bytes) + " allowed";
      return render_status::payload_too_large;
    }
    const auto seconds = epoch_seconds(now);
    out.own.clear();
    out.own.emplace_back("webhook-id", key.text());
    out.own.emplace_back("webhook-timestamp", std::to_string(seconds));
    out.own.emplace_back("webhook-signature", options_.keys->sign(key.text(), seconds, out.body));
    return render_status::ok;
  }

  verdict classify(const provider_answer& answer, epoch_ms now) const override {
    return classify_webhook(answer, now);
  }

  std::string provider_id(const provider_answer&) const override { return {}; }

 private:
  std::optional<web_url> usable_url(const recipient& who) const {
    if (who.kind != target_kind::url || who.target.size() > max_url_bytes) return std::nullopt;
    auto url = parse_web_url(who.target);
    if (url && !url->secure && !options_.allow_http) return std::nullopt;
    return url;
  }

  /// Why it cannot be; empty when it can.
  std::string compile_overridden(const job& source, compiled_body& out) const {
    const auto patch = parse_overrides(source.overrides.webhook);
    if (!patch) return "overrides.webhook cannot be merged";
    tree_sink tree;
    write_payload(tree, source, options_.type);
    json::value payload = tree.take();
    merge_patch(payload, *patch);
    const auto* type = payload.get_object().if_contains("type");
    if (type == nullptr || !type->is_string() || !is_webhook_type(type->get_string()))
      return "overrides.webhook.type: must be words of [A-Za-z0-9_-] with dots between them";
    write_tree(payload, out);
    return {};
  }

  webhook_options options_;
};

}  // namespace

bool is_webhook_type(std::string_view text) noexcept {
  constexpr std::size_t longest = 128;
  if (text.empty() || text.size() > longest || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

std::unique_ptr<provider_adapter> make_webhook_adapter(webhook_options options) {
  return std::make_unique<webhook_adapter>(std::move(options));
}

}  // namespace dispatch
