#include <fmt/format.h>

#include "core/job/field_reader.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_id_bytes = 128;
constexpr std::size_t max_token_bytes = 4096;
constexpr std::size_t max_fid_bytes = 128;      // 22 today
constexpr std::size_t max_channel_bytes = 128;  // 24 today
constexpr std::size_t max_topic_bytes = 900;
constexpr std::size_t max_condition_bytes = 1024;
constexpr std::size_t max_address_bytes = 320;  // RFC 5321: 64 + @ + 255
constexpr std::size_t max_url_bytes = 4096;
constexpr std::size_t max_key_bytes = 256;
constexpr std::size_t max_vars = 100;

enum class recipient_field : std::uint8_t {
  id,
  platform,
  token,
  fid,
  topic,
  condition,
  channel,
  subscription,
  address,
  url,
  vars
};
constexpr std::array<std::string_view, 11> recipient_names{"id",      "platform",  "token",   "fid",
                                                           "topic",   "condition", "channel", "subscription",
                                                           "address", "url",       "vars"};
/// By target_kind.
constexpr std::array<std::string_view, 8> target_names{"token",   "fid",          "topic",   "condition",
                                                       "channel", "subscription", "address", "url"};

enum class subscription_field : std::uint8_t { endpoint, keys, expiration_time };
constexpr std::array<std::string_view, 3> subscription_names{"endpoint", "keys", "expirationTime"};
enum class key_field : std::uint8_t { p256dh, auth };
constexpr std::array<std::string_view, 2> key_names{"p256dh", "auth"};

bool fits(platform where, target_kind what) noexcept {
  switch (what) {
    case target_kind::token:
    case target_kind::fid:
    case target_kind::topic:
    case target_kind::condition:
      return where == platform::android || where == platform::ios || where == platform::web;
    case target_kind::channel:
      return where == platform::ios;
    case target_kind::subscription:
      return where == platform::web;
    case target_kind::address:
      return where == platform::email;
    case target_kind::url:
      return where == platform::webhook;
  }
  return false;
}

std::string_view targets_of(platform where) noexcept {
  switch (where) {
    case platform::android:
      return "a target is missing: token, fid, topic or condition";
    case platform::ios:
      return "a target is missing: token, fid, topic, condition or channel";
    case platform::web:
      return "a target is missing: subscription, token, fid, topic or condition";
    case platform::email:
      return "a target is missing: address";
    case platform::webhook:
      return "a target is missing: url";
  }
  return {};
}

bool read_url(field_reader& fields, simdjson::dom::element value, bool encrypted_only,
              std::string_view& out) {
  if (!fields.text(value, max_url_bytes, url_characters, out)) return false;
  if (out.starts_with("https://")) return true;
  if (encrypted_only) return fields.fail("must begin with https://");
  return out.starts_with("http://") || fields.fail("must begin with https:// or http://");
}

/// Only what could do harm in a mail's envelope or header, and the obvious slip; the server knows the rest.
bool read_address(field_reader& fields, simdjson::dom::element value, std::string_view& out) {
  if (!fields.text(value, max_address_bytes, no_control, out)) return false;
  const auto at = out.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == out.size() ||
      out.find_first_of(" <>,;") != std::string_view::npos)
    return fields.fail("must be one mail address such as ada@example.com");
  return true;
}

bool read_subscription_keys(field_reader& fields, simdjson::dom::element value, recipient& out) {
  simdjson::dom::object members;
  if (!fields.object(value, members)) return false;
  field_set<key_field, key_names.size()> seen(key_names);
  for (const auto [key, member] : members) {
    key_field which{};
    if (!seen.take(fields, key, which) ||
        !fields.text(member, max_key_bytes, url_characters, which == key_field::auth ? out.auth : out.p256dh))
      return fields.within(key);
  }
  for (std::size_t i = 0; i < key_names.size(); ++i) {
    if (seen.has(static_cast<key_field>(i))) continue;
    fields.fail("is required");
    return fields.within(key_names[i]);
  }
  return true;
}

bool read_subscription(field_reader& fields, simdjson::dom::element value, recipient& out) {
  simdjson::dom::object members;
  if (!fields.object(value, members)) return false;
  field_set<subscription_field, subscription_names.size()> seen(subscription_names);
  for (const auto [key, member] : members) {
    subscription_field which{};
    bool good = seen.take(fields, key, which);
    if (good && which == subscription_field::endpoint) good = read_url(fields, member, true, out.target);
    if (good && which == subscription_field::keys) good = read_subscription_keys(fields, member, out);
    // Browsers' PushSubscription.toJSON() has it, so producers store it; push services ignore it.
    if (good && which == subscription_field::expiration_time)
      good = member.is_null() || member.is_number() || fields.fail("must be a number or null");
    if (!good) return fields.within(key);
  }
  for (const auto needed : {subscription_field::endpoint, subscription_field::keys}) {
    if (seen.has(needed)) continue;
    fields.fail("is required");
    return fields.within(subscription_names[index_of(needed)]);
  }
  return true;
}

bool read_vars(field_reader& fields, simdjson::dom::element value, job& into, recipient& out) {
  simdjson::dom::object entries;
  if (!fields.object(value, entries)) return false;
  if (entries.size() > max_vars) return fields.fail("more than 100 variables");
  if (const auto twin = find_duplicate_key(entries)) {
    fields.fail("duplicate field");
    return fields.within(*twin);
  }
  for (const auto [key, entry] : entries) {
    auto& [name, text] = into.variables.emplace_back();
    if (!is_variable_name(key)) {
      fields.fail("a variable's name is 1 to 64 of A-Z a-z 0-9 _ . -");
      return fields.within(key);
    }
    name = fields.keep(key);
    if (!fields.variable(entry, text)) return fields.within(key);
  }
  out.var_count = static_cast<std::uint32_t>(entries.size());
  return true;
}

bool read_platform(field_reader& fields, simdjson::dom::element value, recipient& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return fields.fail("must be a string");
  const auto found = parse_platform(text);
  if (!found) return fields.fail("must be android, ios, web, email or webhook");
  out.platform = *found;
  return true;
}

bool read_target(field_reader& fields, target_kind kind, simdjson::dom::element value, recipient& out) {
  out.kind = kind;
  switch (kind) {
    case target_kind::token:
      return fields.text(value, max_token_bytes, no_control, out.target);
    case target_kind::fid:
      return fields.text(value, max_fid_bytes, name_characters, out.target);
    case target_kind::topic:
      return fields.text(value, max_topic_bytes, name_with_dot | tilde_or_percent, out.target);
    case target_kind::condition:
      return fields.text(value, max_condition_bytes, no_control, out.target);
    case target_kind::channel:
      return fields.text(value, max_channel_bytes, base64_characters, out.target);
    case target_kind::subscription:
      return read_subscription(fields, value, out);
    case target_kind::address:
      return read_address(fields, value, out.target);
    case target_kind::url:
      return read_url(fields, value, false, out.target);
  }
  return false;
}

constexpr bool is_target(recipient_field which) noexcept {
  return which >= recipient_field::token && which <= recipient_field::url;
}

constexpr target_kind kind_of(recipient_field which) noexcept {
  return static_cast<target_kind>(index_of(which) - index_of(recipient_field::token));
}
static_assert(kind_of(recipient_field::url) == target_kind::url);

}  // namespace

bool read_recipient(field_reader& fields, simdjson::dom::element value, job& into, recipient& out) {
  simdjson::dom::object members;
  if (!fields.object(value, members)) return false;
  field_set<recipient_field, recipient_names.size()> seen(recipient_names);
  bool has_target = false;
  out.first_var = static_cast<std::uint32_t>(into.variables.size());
  for (const auto [key, member] : members) {
    recipient_field which{};
    bool good = seen.take(fields, key, which);
    if (good && is_target(which)) {
      good = has_target ? fields.fail("a recipient has exactly one target")
                        : read_target(fields, kind_of(which), member, out);
      has_target = true;
    } else if (good) {
      switch (which) {
        case recipient_field::id:
          good = fields.text(member, max_id_bytes, no_control, out.id);
          break;
        case recipient_field::platform:
          good = read_platform(fields, member, out);
          break;
        default:
          good = read_vars(fields, member, into, out);
      }
    }
    if (!good) return fields.within(key);
  }
  if (!seen.has(recipient_field::platform)) {
    fields.fail("is required");
    return fields.within("platform");
  }
  if (!has_target) return fields.fail(targets_of(out.platform));
  if (!fits(out.platform, out.kind)) {
    fields.fail(fmt::format("does not fit platform {}", to_string(out.platform)));
    return fields.within(target_names[index_of(out.kind)]);
  }
  return true;
}

}  // namespace dispatch
