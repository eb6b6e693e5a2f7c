#include "transport/providers/webpush/webpush_adapter.hpp"

#include <algorithm>
#include <utility>

#include "transport/providers/render/compiled_body.hpp"
#include "transport/providers/render/json_sink.hpp"
#include "transport/providers/render/message_fields.hpp"
#include "transport/providers/render/render_bounds.hpp"
#include "transport/providers/webpush/message_encryption.hpp"
#include "transport/providers/webpush/webpush_answer.hpp"
#include "transport/providers/webpush/webpush_headers.hpp"
#include "transport/url.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::string_view wildcard = "*.";

struct webpush_message final : compiled_message {
  explicit webpush_message(const job& source) : headers(source) {}

  bool supported = true;
  std::string error;  ///< why nothing can be sent; empty when it can
  compiled_body body;
  webpush_headers headers;
};

/// What the service worker gets: named like the options of showNotification(), which it can be handed to.
template <class Sink>
void write_payload(Sink& out, const message& what) {
  if (!what.title.empty()) out.text("title", what.title);
  if (!what.body.empty()) out.text("body", what.body);
  if (!what.image.empty()) out.text("image", what.image);
  if (!what.link.empty()) out.text("link", what.link);
  if (is_visible(what)) out.hole("tag", mark::dedupe_key);
  out.open("data");
  for (const auto& [key, value] : what.data) out.pair(key, value);
  if (!has_data(what, dispatch_id_name)) out.hole(dispatch_id_name, mark::dedupe_key);
  out.close();
}

/// overrides.webpush has the shape of FCM's webpush block, so that a job serves either way to a browser.
struct webpush_overrides {
  const json::object* headers = nullptr;
  const json::object* notification = nullptr;
  const json::object* data = nullptr;
  const json::object* fcm_options = nullptr;
  std::string error;
};

webpush_overrides split(const json::object& overrides) {
  webpush_overrides parts;
  for (const auto& [key, value] : overrides) {
    if (value.is_null()) continue;
    if (key == "headers")
      parts.headers = value.if_object();
    else if (key == "notification")
      parts.notification = value.if_object();
    else if (key == "data")
      parts.data = value.if_object();
    else if (key == "fcm_options")
      parts.fcm_options = value.if_object();
    else
      parts.error = "overrides.webpush may hold headers, notification, data and fcm_options only";
    if (parts.error.empty() && !value.is_object()) parts.error = "overrides.webpush: not an object";
  }
  return parts;
}

void merge(json::value& payload, const webpush_overrides& parts) {
  json::object patch;
  if (parts.notification) patch = *parts.notification;
  // The two places FCM has for what here is one.
  if (parts.fcm_options && parts.fcm_options->contains("link")) patch["link"] = parts.fcm_options->at("link");
  merge_patch(payload, patch);
  if (parts.data) merge_patch(payload, json::object{{"data", *parts.data}});
}

bool fits(std::string_view pattern, std::string_view host) noexcept {
  if (!pattern.starts_with(wildcard)) return pattern == host;
  pattern.remove_prefix(1);
  return host.size() > pattern.size() && host.ends_with(pattern);
}

epoch_ms system_now() {
  return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
}

class webpush_adapter final : public provider_adapter {
 public:
  explicit webpush_adapter(webpush_options options) : options_(std::move(options)) {
    if (!options_.now) options_.now = system_now;
  }

  provider kind() const noexcept override { return provider::webpush; }
  bool by_origin() const noexcept override { return true; }

  std::string origin_of(const recipient& who) const override {
    const auto url = endpoint_of(who);
    return url ? url->origin() : std::string();
  }

  std::unique_ptr<compiled_message> compile(const job& source, platform target) const override {
    auto made = std::make_unique<webpush_message>(source);
    made->supported = target == platform::web;
    if (source.overrides.webpush.empty()) {
      made->body.frame("{");
      direct_sink sink(made->body);
      write_payload(sink, source.message);
      made->body.frame("}");
      made->body.seal();
    } else {
      compile_overridden(source, *made);
    }
    return made;
  }

  render_status render(const compiled_message& message, const job& source, const recipient& who,
                       const dedupe_key& key, provider_request& out, std::string& detail) const override {
    const auto& what = static_cast<const webpush_message&>(message);
    auto url = endpoint_of(who);
    if (!what.supported || !url) return render_status::unsupported_target;
    if (!what.error.empty()) {
      detail = what.error;
      return render_status::invalid_message;
    }
    out.path = std::move(url->target);
    out.own.clear();
    out.body.clear();
    render_values values;
    values.dedupe = key.text();
    std::string_view missing;
    if (const auto how = what.headers.render(source, who, key, ttl_of(source), out.own, missing);
        how != fill_status::ok)
      return stopped(how, missing, max_collapse_text_bytes, "Topic", detail);
    constexpr auto most = stop_after(message_sealer::max_plaintext);
    if (const auto how = what.body.render(source, who, values, most, out.body, missing);
        how != fill_status::ok)
      return stopped(how, missing, most, "payload", detail);
    if (out.body.size() > message_sealer::max_plaintext) {
      detail = std::to_string(out.body.size()) + " bytes of payload, " +
               std::to_string(message_sealer::max_plaintext) + " allowed";
      return render_status::payload_too_large;
    }
    return source.dry_run ? try_keys(who, detail) : render_status::ok;
  }

  verdict classify(const provider_answer& answer, epoch_ms now) const override {
    return classify_webpush(answer, now);
  }

  /// RFC 8030 section 5: where the message can be deleted from.
  std::string provider_id(const provider_answer& answer) const override { return answer.location; }

 private:
  std::optional<web_url> endpoint_of(const recipient& who) const {
    if (who.kind != target_kind::subscription) return std::nullopt;
    auto url = parse_web_url(who.target);
    if (!url || !url->secure) return std::nullopt;
    const auto& allowed = options_.allow_hosts;
    const bool good = allowed.empty() || std::any_of(allowed.begin(), allowed.end(),
                                                     [&](const auto& each) { return fits(each, url->host); });
    return good ? std::move(url) : std::nullopt;
  }

  std::int64_t ttl_of(const job& source) const {
    const auto wanted = source.expires_at
                            ? std::chrono::floor<std::chrono::seconds>(*source.expires_at - options_.now())
                            : options_.ttl;
    return std::clamp<std::int64_t>(wanted.count(), 0, max_webpush_ttl_seconds);
  }

  /// What a real send would find out when it encrypts.
  static render_status try_keys(const recipient& who, std::string& detail) {
    const auto found = message_sealer().check(who.p256dh, who.auth);
    if (found == seal_status::ok) return render_status::ok;
    detail = to_string(found);
    return render_status::invalid_subscription;
  }

  static void compile_overridden(const job& source, webpush_message& into) {
    const auto overrides = parse_overrides(source.overrides.webpush);
    if (!overrides) {
      into.error = "overrides.webpush cannot be merged";
      return;
    }
    const auto parts = split(*overrides);
    into.error = parts.error;
    if (!into.error.empty()) return;
    if (parts.headers && !into.headers.override_with(*parts.headers, into.error)) return;
    tree_sink sink;
    write_payload(sink, source.message);
    json::value payload = sink.take();
    merge(payload, parts);
    write_tree(payload, into.body);
    into.body.seal();
  }

  webpush_options options_;
};

}  // namespace

bool is_host_pattern(std::string_view text) noexcept {
  if (text.starts_with(wildcard)) text.remove_prefix(wildcard.size());
  return !text.empty() && text.size() <= 255 && text.front() != '.' && text.back() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':';
         });
}

std::unique_ptr<provider_adapter> make_webpush_adapter(webpush_options options) {
  return std::make_unique<webpush_adapter>(std::move(options));
}

}  // namespace dispatch
