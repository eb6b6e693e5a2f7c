#include "transport/providers/fcm_adapter.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/job/data_keys.hpp"
#include "transport/providers/fcm_answer.hpp"
#include "transport/providers/render/collapse.hpp"
#include "transport/providers/render/compiled_body.hpp"
#include "transport/providers/render/fcm_mapping.hpp"
#include "transport/providers/render/json_sink.hpp"
#include "transport/providers/render/render_bounds.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::size_t max_content_bytes = 4096;
constexpr std::size_t max_topic_content_bytes = 2048;
// Punctuation and field names are not counted by FCM; of a message that fits they are far less.
constexpr std::size_t max_frame_bytes = std::size_t{64} * 1024;
// {"validate_only":true,"message":{"condition":""
constexpr std::size_t max_head_bytes = 48;
constexpr std::int64_t max_ttl_seconds = 2'419'200;

struct fcm_message final : compiled_message {
  bool supported = true;
  std::string error;  ///< why nothing can be sent; empty when it can
  dispatch::platform target{};
  compiled_body content;  ///< the message's members after its target
  std::optional<text_template> collapse;
};

std::string_view block_name(platform target) noexcept {
  switch (target) {
    case platform::android:
      return "android";
    case platform::ios:
      return "apns";
    case platform::web:
      return "webpush";
    default:
      return {};
  }
}

std::string_view overrides_for(const job& source, platform target) noexcept {
  switch (target) {
    case platform::android:
      return source.overrides.android;
    case platform::ios:
      return source.overrides.apns;
    case platform::web:
      return source.overrides.webpush;
    default:
      return {};
  }
}

template <class Sink>
void write_block(Sink& out, const job& source, platform target, const json::object* overrides) {
  switch (target) {
    case platform::android:
      return write_fcm_android(out, source);
    case platform::ios:
      // An unknown one was refused before.
      if (const auto* type = push_type_of(source.message, overrides)) write_fcm_apns(out, source, *type);
      return;
    case platform::web:
      return write_fcm_webpush(out, source);
    default:
      return;
  }
}

/// A block's own data stand instead of the message's (AndroidConfig.data), so they need what those had: only
/// keys FCM takes, and the dedupe key. Answers what is wrong with them.
std::string complete_data(json::value& block) {
  auto* members = block.if_object();
  auto* data = members ? members->if_contains("data") : nullptr;
  if (!data) return {};
  auto* entries = data->if_object();
  if (!entries) return ".data is not an object";
  for (const auto& [key, value] : *entries) {
    if (is_reserved_data_key(key)) return ".data holds a key reserved by FCM";
    if (!value.is_string()) return ".data holds a value that is no string";
  }
  if (!entries->contains(dispatch_id_name)) (*entries)[dispatch_id_name] = hole_text(mark::dedupe_key);
  return {};
}

/// The producer's overrides over the block we would have sent. Answers what is wrong with them.
std::string write_merged_block(compiled_body& out, const job& source, platform target,
                               std::string_view overrides) {
  const auto patch = parse_overrides(overrides);
  if (!patch) return " cannot be merged";
  if (target == platform::ios && !push_type_of(source.message, &*patch))
    return ".headers.apns-push-type is none that APNs knows";
  tree_sink tree;
  write_block(tree, source, target, &*patch);
  json::value block = tree.take();
  merge_patch(block, *patch);
  if (auto wrong = complete_data(block); !wrong.empty()) return wrong;
  out.frame(",\"");
  out.frame(block_name(target));
  out.frame("\":");
  write_tree(block, out);
  return {};
}

std::string_view target_name(target_kind kind) noexcept {
  switch (kind) {
    case target_kind::token:
      return "token";
    case target_kind::fid:
      return "fid";
    case target_kind::topic:
      return "topic";
    case target_kind::condition:
      return "condition";
    default:
      return {};
  }
}

bool is_project_id(std::string_view text) noexcept {
  // Old projects carry a domain: "example.com:project".
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':';
  });
}

epoch_ms system_now() {
  return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
}

class fcm_adapter final : public provider_adapter {
 public:
  explicit fcm_adapter(fcm_options options)
      : options_(std::move(options)), path_("/v1/projects/" + options_.project_id + "/messages:send") {
    if (!options_.now) options_.now = system_now;
  }

  provider kind() const noexcept override { return provider::fcm; }
  bool sends_dry_run() const noexcept override { return true; }

  std::unique_ptr<compiled_message> compile(const job& source, platform target) const override {
    auto made = std::make_unique<fcm_message>();
    made->target = target;
    made->supported = !block_name(target).empty();
    if (!made->supported) return made;
    auto& out = made->content;
    out.frame(",");
    direct_sink sink(out);
    write_fcm_common(sink, source, target);
    if (const auto overrides = overrides_for(source, target); overrides.empty()) {
      sink.open(block_name(target));
      write_block(sink, source, target, nullptr);
      sink.close();
    } else if (const auto wrong = write_merged_block(out, source, target, overrides); !wrong.empty()) {
      made->error = std::string("overrides.").append(block_name(target)).append(wrong);
    }
    out.frame("}}");
    out.seal();
    if (target != platform::android && !source.collapse_key.empty())
      made->collapse.emplace(source.collapse_key);
    return made;
  }

  render_status render(const compiled_message& message, const job& source, const recipient& who,
                       const dedupe_key& key, provider_request& out, std::string& detail) const override {
    const auto& what = static_cast<const fcm_message&>(message);
    const auto name = target_name(who.kind);
    if (!what.supported || name.empty()) return render_status::unsupported_target;
    if (!what.error.empty()) {
      detail = what.error;
      return render_status::invalid_message;
    }
    render_values values;
    values.dedupe = key.text();
    if (source.expires_at) values.ttl_seconds = ttl_seconds(*source.expires_at);
    std::string collapse;
    std::string_view missing;
    if (const auto how = collapse_value(what, source, who, key, collapse, missing); how != fill_status::ok)
      return stopped(how, missing, max_collapse_text_bytes, "collapse key", detail);
    values.topic = values.collapse_id = collapse;

    const auto frame = what.content.frame_bytes();
    if (frame > max_frame_bytes)
      return stopped(fill_status::too_large, {}, max_frame_bytes, "punctuation", detail);
    const auto most = frame + stop_after(limit_of(who.kind));
    out.path = path_;
    out.own.clear();
    out.body.clear();
    out.body.reserve(max_head_bytes + who.target.size() + std::min(what.content.expected_bytes(), most));
    out.body += source.dry_run ? R"({"validate_only":true,"message":{")" : R"({"message":{")";
    out.body += name;
    out.body += "\":\"";
    append_json_escaped(out.body, who.target);
    out.body += '"';
    const auto before = out.body.size();
    if (const auto how = what.content.render(source, who, values, most, out.body, missing);
        how != fill_status::ok)
      return stopped(how, missing, most - frame, "content", detail);
    return check_size(out.body.size() - before - frame, who.kind, detail);
  }

  verdict classify(const provider_answer& answer, epoch_ms now) const override {
    return classify_fcm(answer, now, options_.sender_mismatch);
  }

  std::string provider_id(const provider_answer& answer) const override { return fcm_message_name(answer); }

 private:
  std::int64_t ttl_seconds(epoch_ms expires_at) const {
    return std::clamp<std::int64_t>((expires_at - options_.now()).count() / 1000, 0, max_ttl_seconds);
  }

  static fill_status collapse_value(const fcm_message& what, const job& source, const recipient& who,
                                    const dedupe_key& key, std::string& out, std::string_view& missing) {
    if (what.target == platform::android) return fill_status::ok;
    if (!what.collapse) {
      if (what.target == platform::web) out = web_push_topic(key);
      return fill_status::ok;
    }
    std::string rendered;
    const auto how = what.collapse->render(source, who, max_collapse_text_bytes, rendered, missing);
    if (how != fill_status::ok) return how;
    out = what.target == platform::web ? web_push_topic(rendered) : apns_collapse_id(rendered);
    return fill_status::ok;
  }

  static std::size_t limit_of(target_kind kind) noexcept {
    return is_device(kind) ? max_content_bytes : max_topic_content_bytes;
  }

  static render_status check_size(std::size_t bytes, target_kind kind, std::string& detail) {
    const auto limit = limit_of(kind);
    if (bytes <= limit) return render_status::ok;
    detail = std::to_string(bytes) + " bytes of content, " + std::to_string(limit) + " allowed";
    return render_status::payload_too_large;
  }

  fcm_options options_;
  std::string path_;
};

}  // namespace

std::unique_ptr<provider_adapter> make_fcm_adapter(fcm_options options) {
  if (!is_project_id(options.project_id)) throw std::invalid_argument("fcm: not a project id");
  if (options.sender_mismatch != outcome::failed && options.sender_mismatch != outcome::quarantined &&
      options.sender_mismatch != outcome::invalid_token)
    throw std::invalid_argument("fcm: sender_mismatch is one of failed, quarantined, invalid_token");
  return std::make_unique<fcm_adapter>(std::move(options));
}

}  // namespace dispatch
