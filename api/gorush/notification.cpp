#include "api/gorush/notification.hpp"

#include <array>
#include <optional>
#include <vector>

#include "api/json/strict_json.hpp"
#include "api/json/text_guard.hpp"

namespace dispatch {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

constexpr std::size_t max_document_bytes = 4u << 20;
constexpr std::string_view topic_prefix = "/topics/";

/// "name":value pairs, put together one after the other.
class members {
 public:
  std::string& name(std::string_view key) {
    if (!text_.empty()) text_ += ',';
    append_json_string(text_, key);
    return text_ += ':';
  }
  void raw(std::string_view key, std::string_view json) { name(key).append(json); }
  void text(std::string_view key, std::string_view value) { append_json_string(name(key), value); }
  bool empty() const noexcept { return text_.empty(); }
  std::string as_object() const { return '{' + text_ + '}'; }

 private:
  std::string text_;
};

std::string_view text_of(object from, std::string_view name) noexcept {
  std::string_view text;
  return from[name].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::optional<element> member_of(object from, std::string_view name, element_type type) {
  element found;
  if (from[name].get(found) != simdjson::SUCCESS || found.type() != type) return std::nullopt;
  return found;
}

bool is_set(object from, std::string_view name) noexcept {
  bool flag = false;
  return from[name].get(flag) == simdjson::SUCCESS && flag;
}

push_refusal unusable(std::string_view why) {
  return {400, std::string(why)};
}

push_refusal too_large() {
  return {413, "the notification is too large"};
}

/// Of gorush's two platforms that are served.
enum class family : std::uint8_t { ios, android };

class converter {
 public:
  converter(object from, const push_options& options) : from_(from), options_(options) {}

  std::variant<pushed_notification, push_refusal> convert() {
    if (auto wrong = read_platform()) return *std::move(wrong);
    if (auto wrong = read_recipients()) return *std::move(wrong);
    job_.text("tenant", options_.tenant);
    job_.text("app", options_.app);
    add_delivery();
    job_.raw("message", message());
    const auto raw = overrides();
    if (!raw.empty()) job_.raw("overrides", raw);
    if (!guard_.empty()) {
      auto given = guard_.give_to(recipients_, max_document_bytes);
      if (!given) return too_large();
      recipients_ = *std::move(given);
    }
    job_.raw("recipients", recipients_);
    return pushed_notification{job_.as_object(), counts_};
  }

 private:
  std::optional<push_refusal> read_platform() {
    std::int64_t number = 0;
    if (from_["platform"].get(number) == simdjson::SUCCESS && number == 3)
      return unusable("platform 3 (huawei) is not supported");
    if (number != 1 && number != 2) return unusable("platform must be 1 (ios) or 2 (android)");
    family_ = number == 1 ? family::ios : family::android;
    return std::nullopt;
  }

  void add_recipient(std::string_view target, std::string_view value) {
    members one;
    one.text("platform", family_ == family::ios ? "ios" : "android");
    one.text(target, value);
    if (const auto id = text_of(from_, "notif_id"); !id.empty()) one.text("id", id);
    recipients_ += counts_++ == 0 ? '[' : ',';
    recipients_ += one.as_object();
  }

  std::optional<push_refusal> read_recipients() {
    if (const auto topic = text_of(from_, "topic"); !topic.empty() && family_ == family::android)
      add_recipient("topic", topic.starts_with(topic_prefix) ? topic.substr(topic_prefix.size()) : topic);
    if (const auto condition = text_of(from_, "condition"); !condition.empty() && family_ == family::android)
      add_recipient("condition", condition);
    element given;
    simdjson::dom::array tokens;
    if (from_["tokens"].get(given) == simdjson::SUCCESS && !given.is_null()) {
      if (given.get(tokens) != simdjson::SUCCESS) return unusable("tokens must be an array of strings");
      for (const auto each : tokens) {
        std::string_view token;
        if (each.get(token) != simdjson::SUCCESS || token.empty())
          return unusable("the token must not be empty");
        add_recipient("token", token);
        if (recipients_.size() > max_document_bytes) return too_large();
      }
    }
    if (const auto to = text_of(from_, "to"); !to.empty()) add_recipient("token", to);
    if (counts_ == 0) return unusable("tokens must not be nil or empty");
    recipients_ += ']';
    return std::nullopt;
  }

  /// gorush lets other words through unused.
  void add_delivery() {
    const auto priority = text_of(from_, "priority");
    if (priority == "high" || priority == "normal") job_.text("priority", priority);
    if (const auto collapse = text_of(from_, "collapse_id"); !collapse.empty())
      job_.text("collapse_key", guard_.guarded(collapse));
    std::int64_t expires = 0;
    if (from_["expiration"].get(expires) == simdjson::SUCCESS && expires > 0)
      job_.raw("expires_at", std::to_string(expires));
  }

  /// The notification's own text, or that of its `notification` block.
  std::string_view shown(std::string_view name, std::string_view in_block) const noexcept {
    const auto own = text_of(from_, name);
    object block;
    if (!own.empty() || from_["notification"].get(block) != simdjson::SUCCESS) return own;
    return text_of(block, in_block);
  }

  std::string message() {
    members made;
    const std::array<std::array<std::string_view, 3>, 3> texts{
        {{"title", "title", "title"}, {"message", "body", "body"}, {"image", "image", "image"}}};
    for (const auto& [theirs, in_block, ours] : texts)
      if (const auto text = shown(theirs, in_block); !text.empty()) made.text(ours, guard_.guarded(text));
    std::int64_t badge = 0;
    if (from_["badge"].get(badge) == simdjson::SUCCESS && badge >= 0)
      made.raw("badge", std::to_string(badge));
    if (const auto sound = text_of(from_, "sound"); !sound.empty()) made.text("sound", guard_.guarded(sound));
    if (const auto entries = data(); !entries.empty()) made.raw("data", entries.as_object());
    return made.as_object();
  }

  /// Texts; other values as JSON texts, but for APNs they go into the payload as they are (overrides()).
  members data() {
    members made;
    object entries;
    if (from_["data"].get(entries) != simdjson::SUCCESS) return made;
    for (const auto [key, value] : entries) {
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS)
        made.text(key, guard_.guarded(text));
      else if (family_ == family::android)
        made.text(key, guard_.guarded(simdjson::minify(value)));
    }
    return made;
  }

  std::string overrides() {
    members made;
    if (family_ == family::android) {
      for (const std::string_view block : {"android", "apns", "webpush"})
        if (const auto value = member_of(from_, block, element_type::OBJECT))
          made.raw(block, guard_.guarded_json(*value));
    } else if (const auto apns = apns_override(); !apns.empty()) {
      made.raw("apns", apns.as_object());
    }
    return made.empty() ? std::string() : made.as_object();
  }

  members apns_override() {
    members headers, payload, made;
    if (const auto type = text_of(from_, "push_type"); !type.empty())
      headers.text("apns-push-type", guard_.guarded(type));
    std::int64_t expires = -1;
    // Not to be kept: a time at which a job could expire is another thing.
    if (from_["expiration"].get(expires) == simdjson::SUCCESS && expires == 0)
      headers.text("apns-expiration", "0");
    if (const auto aps = aps_override(); !aps.empty()) payload.raw("aps", aps.as_object());
    object entries;
    if (from_["data"].get(entries) == simdjson::SUCCESS) {
      for (const auto [key, value] : entries)
        if (!value.is_string() && key != "aps") payload.raw(key, guard_.guarded_json(value));
    }
    if (!headers.empty()) made.raw("headers", headers.as_object());
    if (!payload.empty()) made.raw("payload", payload.as_object());
    return made;
  }

  members aps_override() {
    members aps;
    // Clients in Go send an empty one always.
    if (const auto alert = member_of(from_, "alert", element_type::OBJECT);
        alert && object(*alert).size() > 0)
      aps.raw("alert", guard_.guarded_json(*alert));
    if (is_set(from_, "content_available")) aps.raw("content-available", "1");
    if (is_set(from_, "mutable_content")) aps.raw("mutable-content", "1");
    const std::array<std::array<std::string_view, 2>, 3> texts{
        {{"category", "category"}, {"thread-id", "thread-id"}, {"interruption_level", "interruption-level"}}};
    for (const auto& [theirs, ours] : texts)
      if (const auto text = text_of(from_, theirs); !text.empty()) aps.text(ours, guard_.guarded(text));
    if (const auto arguments = member_of(from_, "url-args", element_type::ARRAY))
      aps.raw("url-args", guard_.guarded_json(*arguments));
    if (const auto sound = critical_sound(); !sound.empty()) aps.raw("sound", sound);
    return aps;
  }

  /// `sound` as an object, or `name` and `volume` beside it.
  std::string critical_sound() {
    if (const auto sound = member_of(from_, "sound", element_type::OBJECT))
      return guard_.guarded_json(*sound);
    const auto name = text_of(from_, "name");
    double volume = 0;
    const bool loud = from_["volume"].get(volume) == simdjson::SUCCESS && volume > 0;
    if (name.empty() && !loud) return {};
    members made;
    made.raw("critical", "1");
    made.text("name", name.empty() ? "default" : guard_.guarded(name));
    if (loud) made.raw("volume", simdjson::minify(from_["volume"].value_unsafe()));
    return made.as_object();
  }

  object from_;
  const push_options& options_;
  family family_ = family::android;
  members job_;
  std::string recipients_;
  std::size_t counts_ = 0;
  text_guard guard_;
};

}  // namespace

std::variant<pushed_notification, push_refusal> convert_notification(object notification,
                                                                     const push_options& options) {
  return converter(notification, options).convert();
}

}  // namespace dispatch
