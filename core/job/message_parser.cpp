#include <algorithm>

#include "core/job/data_keys.hpp"
#include "core/job/field_reader.hpp"
#include "core/job/json_text.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_data_entries = 256;
constexpr std::size_t max_data_key_bytes = 128;
constexpr std::size_t max_sound_bytes = 256;

enum class message_field : std::uint8_t { title, body, image, link, data, badge, sound };
constexpr std::array<std::string_view, 7> message_names{"title", "body",  "image", "link",
                                                        "data",  "badge", "sound"};

enum class override_field : std::uint8_t { android, apns, webpush, email, webhook };
constexpr std::array<std::string_view, 5> override_names{"android", "apns", "webpush", "email", "webhook"};

bool read_data_entry(field_reader& fields, std::string_view key, simdjson::dom::element value, message& out) {
  if (key.empty()) return fields.fail("a data key must not be empty");
  if (key.size() > max_data_key_bytes) return fields.fail("the data key is longer than 128 bytes");
  if (is_reserved_data_key(key)) return fields.fail("the data key is reserved by FCM");
  if (has_placeholder(key)) return fields.fail("a data key cannot hold variables");
  auto& [kept_key, kept_value] = out.data.emplace_back();
  kept_key = fields.keep(key);
  return fields.text(value, kept_value);
}

bool read_data(field_reader& fields, simdjson::dom::element value, message& out) {
  simdjson::dom::object entries;
  if (!fields.object(value, entries)) return false;
  if (entries.size() > max_data_entries) return fields.fail("more than 256 data entries");
  if (const auto twin = find_duplicate_key(entries)) {
    fields.fail("duplicate field");
    return fields.within(*twin);
  }
  out.data.reserve(entries.size());
  for (const auto [key, entry] : entries) {
    if (!read_data_entry(fields, key, entry, out)) return fields.within(key);
  }
  return true;
}

bool read_message_field(field_reader& fields, message_field which, simdjson::dom::element value,
                        message& out) {
  switch (which) {
    case message_field::title:
      return fields.text(value, out.title);
    case message_field::body:
      return fields.text(value, out.body);
    case message_field::image:
      return fields.text(value, out.image);
    case message_field::link:
      return fields.text(value, out.link);
    case message_field::data:
      return read_data(fields, value, out);
    case message_field::badge:
      return fields.count(value, out.badge);
    case message_field::sound:
      return fields.text(value, max_sound_bytes, no_control, out.sound);
  }
  return false;
}

/// Finds a repeated key at any depth; the nesting is bounded by the parser's depth.
bool refuse_duplicates(field_reader& fields, simdjson::dom::element value) {
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (value.get_object().get(object) == simdjson::SUCCESS) {
    if (const auto twin = find_duplicate_key(object)) {
      fields.fail("duplicate field");
      return fields.within(*twin);
    }
    for (const auto [key, member] : object) {
      if (!refuse_duplicates(fields, member)) return fields.within(key);
    }
  } else if (value.get_array().get(array) == simdjson::SUCCESS) {
    std::size_t index = 0;
    for (const auto element : array) {
      if (!refuse_duplicates(fields, element)) return fields.within(index);
      ++index;
    }
  }
  return true;
}

std::string_view& override_of(overrides& out, override_field which) noexcept {
  switch (which) {
    case override_field::android:
      return out.android;
    case override_field::apns:
      return out.apns;
    case override_field::webpush:
      return out.webpush;
    case override_field::email:
      return out.email;
    case override_field::webhook:
      break;
  }
  return out.webhook;
}

}  // namespace

bool read_message(field_reader& fields, simdjson::dom::element value, message& out) {
  simdjson::dom::object members;
  if (!fields.object(value, members)) return false;
  field_set<message_field, message_names.size()> seen(message_names);
  for (const auto [key, member] : members) {
    message_field which{};
    if (!seen.take(fields, key, which) || !read_message_field(fields, which, member, out))
      return fields.within(key);
  }
  return true;
}

bool read_overrides(field_reader& fields, simdjson::dom::element value, std::string_view document,
                    overrides& out) {
  simdjson::dom::object members;
  if (!fields.object(value, members)) return false;
  // The tree and the text hold the members in the same order.
  json_text::walker text(json_text::member(document, "overrides"));
  field_set<override_field, override_names.size()> seen(override_names);
  for (const auto [key, member] : members) {
    override_field which{};
    simdjson::dom::object object;
    if (!seen.take(fields, key, which) || !fields.object(member, object) ||
        !refuse_duplicates(fields, member))
      return fields.within(key);
    if (text.next()) override_of(out, which) = fields.keep_minified(text.raw_value());
  }
  return true;
}

}  // namespace dispatch
