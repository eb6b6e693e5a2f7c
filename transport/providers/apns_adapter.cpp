#include "transport/providers/apns_adapter.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "transport/providers/apns_answer.hpp"
#include "transport/providers/render/apns_headers.hpp"
#include "transport/providers/render/compiled_body.hpp"
#include "transport/providers/render/json_sink.hpp"
#include "transport/providers/render/live_activity.hpp"
#include "transport/providers/render/message_fields.hpp"
#include "transport/providers/render/render_bounds.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::size_t max_broadcast_bytes = 5120;
constexpr std::size_t max_token_bytes = 200;

constexpr std::string_view live_activity = "liveactivity";

struct apns_message final : compiled_message {
  apns_message(const job& source, const apns_push_type& of, std::string_view bundle)
      : type(of), headers(source, of, bundle) {}

  bool supported = true;
  std::string error;            ///< why nothing can be sent; empty when it can
  std::string broadcast_error;  ///< the same of channels
  const apns_push_type& type;
  compiled_body body;
  apns_headers headers;
};

/// The payload's members. The app's own data stand beside `aps`, by Apple's convention.
template <class Sink>
void write_payload(Sink& out, const message& what, const apns_push_type& type) {
  const bool is_activity = type.name == live_activity;
  out.open("aps");
  out.open("alert");
  if (!what.title.empty()) out.text("title", what.title);
  if (!what.body.empty()) out.text("body", what.body);
  if (is_activity && !what.sound.empty()) out.text("sound", what.sound);
  out.close();
  if (what.badge) out.number("badge", *what.badge);
  if (!is_activity && !what.sound.empty()) out.text("sound", what.sound);
  // The image is fetched by the app's notification service extension, which only this starts.
  if (type.name == "alert" && is_visible(what) && !what.image.empty()) out.number("mutable-content", 1);
  if (type.name == "background") out.number("content-available", 1);
  out.close();
  for (const auto& [key, value] : what.data) out.pair(key, value);
  if (!what.image.empty() && !has_data(what, "image")) out.text("image", what.image);
  if (!what.link.empty() && !has_data(what, "link")) out.text("link", what.link);
  if (type.reaches_app && !has_data(what, dispatch_id_name)) out.hole(dispatch_id_name, mark::dedupe_key);
}

/// overrides.apns has the shape of FCM's apns block, so that a job serves either way to a device.
struct apns_overrides {
  const json::object* headers = nullptr;
  const json::object* payload = nullptr;
  std::string error;
};

apns_overrides split(const json::object& overrides) {
  apns_overrides parts;
  for (const auto& [key, value] : overrides) {
    if (key == "fcm_options" || key == "live_activity_token" || value.is_null()) continue;
    if (key == "headers")
      parts.headers = value.if_object();
    else if (key == "payload")
      parts.payload = value.if_object();
    else
      parts.error = "overrides.apns may hold headers, payload and fcm_options only";
    if (parts.error.empty() && !value.is_object()) parts.error = "overrides.apns: not an object";
  }
  return parts;
}

bool is_device_token(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_token_bytes && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
  });
}

class apns_adapter final : public provider_adapter {
 public:
  explicit apns_adapter(apns_options options)
      : options_(std::move(options)), broadcast_path_("/4/broadcasts/apps/" + options_.topic) {}

  provider kind() const noexcept override { return provider::apns; }

  std::unique_ptr<compiled_message> compile(const job& source, platform target) const override {
    if (source.overrides.apns.empty()) return compile_plain(source, target);
    return compile_overridden(source, target);
  }

  render_status render(const compiled_message& message, const job& source, const recipient& who,
                       const dedupe_key& key, provider_request& out, std::string& detail) const override {
    const auto& what = static_cast<const apns_message&>(message);
    const bool broadcast = who.kind == target_kind::channel;
    const bool addressed = broadcast || (who.kind == target_kind::token && is_device_token(who.target));
    if (!what.supported || !addressed) return render_status::unsupported_target;
    if (const auto& error = broadcast && what.error.empty() ? what.broadcast_error : what.error;
        !error.empty()) {
      detail = error;
      return render_status::invalid_message;
    }
    out.own.clear();
    switch (address(what, broadcast, source, who, key, out, detail)) {
      case header_status::ok:
        break;
      case header_status::missing_variable:
        return render_status::missing_variable;
      case header_status::too_large:
        return render_status::payload_too_large;
      case header_status::invalid:
        return render_status::invalid_message;
    }
    render_values values;
    values.dedupe = key.text();
    out.body.clear();
    std::string_view missing;
    const auto limit = broadcast ? max_broadcast_bytes : what.type.max_bytes;
    if (const auto how = what.body.render(source, who, values, stop_after(limit), out.body, missing);
        how != fill_status::ok)
      return stopped(how, missing, stop_after(limit), "payload", detail);
    return check_size(out.body.size(), limit, detail);
  }

  verdict classify(const provider_answer& answer, epoch_ms now) const override {
    return classify_apns(answer, now, options_.bad_device_token);
  }

  std::string provider_id(const provider_answer& answer) const override { return answer.apns_id; }

 private:
  /// Path and headers.
  header_status address(const apns_message& what, bool broadcast, const job& source, const recipient& who,
                        const dedupe_key& key, provider_request& out, std::string& detail) const {
    if (broadcast) {
      out.path = broadcast_path_;
      return what.headers.render_broadcast(source, who, key, out.own, detail);
    }
    out.path.assign("/3/device/").append(who.target);
    return what.headers.render(source, who, key, out.own, detail);
  }

  std::unique_ptr<apns_message> start(const job& source, platform target, const apns_push_type& type) const {
    auto made = std::make_unique<apns_message>(source, type, options_.topic);
    made->supported = target == platform::ios;
    if (has_data(source.message, "aps")) made->error = "message.data may not hold \"aps\"";
    if (type.name != live_activity) made->broadcast_error = "a channel takes push type liveactivity only";
    return made;
  }

  std::unique_ptr<compiled_message> compile_plain(const job& source, platform target) const {
    const auto& type = *push_type_of(source.message, nullptr);
    auto made = start(source, target, type);
    made->body.frame("{");
    direct_sink sink(made->body);
    write_payload(sink, source.message, type);
    made->body.frame("}");
    made->body.seal();
    return made;
  }

  std::unique_ptr<compiled_message> compile_overridden(const job& source, platform target) const {
    const auto overrides = parse_overrides(source.overrides.apns);
    const auto parts = overrides ? split(*overrides) : apns_overrides();
    const auto* type = push_type_of(source.message, overrides ? &*overrides : nullptr);
    auto made = start(source, target, type ? *type : apns_push_types().front());
    if (!overrides)
      made->error = "overrides.apns cannot be merged";
    else if (!parts.error.empty())
      made->error = parts.error;
    else if (!type)
      made->error = "overrides.apns.headers.apns-push-type is none that APNs knows";
    if (!made->error.empty()) return made;
    if (parts.headers && !made->headers.override_with(*parts.headers, made->error)) return made;
    tree_sink sink;
    write_payload(sink, source.message, *type);
    json::value payload = sink.take();
    if (parts.payload) merge_patch(payload, *parts.payload);
    if (type->name == live_activity) {
      made->error = live_activity_problem(payload);
      if (starts_activity(payload)) made->broadcast_error = "a channel cannot start a Live Activity";
    }
    write_tree(payload, made->body);
    made->body.seal();
    return made;
  }

  static render_status check_size(std::size_t bytes, std::size_t limit, std::string& detail) {
    if (bytes <= limit) return render_status::ok;
    detail = std::to_string(bytes) + " bytes of payload, " + std::to_string(limit) + " allowed";
    return render_status::payload_too_large;
  }

  apns_options options_;
  std::string broadcast_path_;
};

}  // namespace

std::unique_ptr<provider_adapter> make_apns_adapter(apns_options options) {
  if (options.bad_device_token != outcome::quarantined && options.bad_device_token != outcome::invalid_token)
    throw std::invalid_argument("apns: bad_device_token is one of quarantined, invalid_token");
  return std::make_unique<apns_adapter>(std::move(options));
}

}  // namespace dispatch
