#include "transport/providers/render/apns_headers.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <utility>

#include "transport/providers/render/collapse.hpp"
#include "transport/providers/render/message_fields.hpp"
#include "transport/providers/render/render_bounds.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::string_view collapse_header = "apns-collapse-id";
constexpr std::string_view expiration_header = "apns-expiration";
constexpr std::string_view priority_header = "apns-priority";
constexpr std::string_view topic_header = "apns-topic";

constexpr char lowered(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = lowered(c);
  return out;
}

bool may_override(std::string_view name) noexcept {
  constexpr std::string_view own[] = {topic_header, "apns-id", "apns-request-id", "apns-channel-id"};
  const bool named =
      name.starts_with("apns-") && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  return named && std::find(std::begin(own), std::end(own), name) == std::end(own);
}

/// Apple refuses the request otherwise, for every recipient.
std::string priority_problem(std::string_view value, const apns_push_type& type) {
  const auto wrong = "overrides.apns.headers.apns-priority must be ";
  if (!type.priority.empty())
    return value == type.priority
               ? std::string()
               : wrong + std::string(type.priority) + " with push type " + std::string(type.name);
  return value == "10" || value == "5" || value == "1" || has_placeholder(value)
             ? std::string()
             : wrong + std::string("10, 5 or 1");
}

}  // namespace

bool is_header(std::string_view name, std::string_view lower) noexcept {
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return lowered(a) == b; });
}

bool is_header_value(std::string_view value) noexcept {
  if (value.empty()) return true;
  if (value.front() == ' ' || value.back() == ' ') return false;
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

apns_headers::apns_headers(const job& source, const apns_push_type& type, std::string_view bundle)
    : type_(type) {
  set(push_type_header, type.name);
  set(topic_header, std::string(bundle).append(type.topic_suffix));
  if (!type.priority.empty())
    set(priority_header, type.priority);
  else if (source.priority != device_priority::unset)
    set(priority_header, source.priority == device_priority::high ? "10" : "5");
  if (source.expires_at)
    set(expiration_header, std::to_string(epoch_seconds(*source.expires_at)));
  else if (!type.expiration.empty())
    set(expiration_header, type.expiration);
  if (!source.collapse_key.empty()) set(collapse_header, source.collapse_key);
}

const apns_headers::field* apns_headers::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [name](const field& each) { return each.name == name; });
  return found == fields_.end() ? nullptr : &*found;
}

void apns_headers::set(std::string_view name, std::string_view value) {
  remove(name);
  fields_.push_back({std::string(name), text_template(value)});
}

void apns_headers::remove(std::string_view name) {
  std::erase_if(fields_, [name](const field& each) { return each.name == name; });
}

bool apns_headers::override_with(const json::object& headers, std::string& error) {
  for (const auto& [key, value] : headers) {
    const auto name = lower(key);
    if (!may_override(name)) {
      error = "overrides.apns.headers may not set this header";
      return false;
    }
    // Is what this was made by.
    if (name == push_type_header) continue;
    std::string text;
    if (value.is_string()) {
      text = value.get_string();
    } else if (value.is_int64()) {
      text = std::to_string(value.get_int64());
    } else if (!value.is_null()) {
      error = "overrides.apns.headers." + name + " is neither a string nor a whole number";
      return false;
    }
    if (name == priority_header && (!value.is_null() || !type_.priority.empty())) {
      error = priority_problem(text, type_);
      if (!error.empty()) return false;
    }
    if (value.is_null())
      remove(name);
    else
      set(name, text);
  }
  return true;
}

header_status apns_headers::append(const field& from, const job& source, const recipient& who,
                                   std::size_t& room, header_list& out, std::string& detail) {
  std::string value;
  std::string_view missing;
  auto how = from.name.size() > room ? fill_status::too_large : fill_status::ok;
  if (how == fill_status::ok) {
    room -= from.name.size();
    how = from.value.render(source, who, std::min(room, max_collapse_text_bytes), value, missing);
  }
  if (how == fill_status::missing_variable) {
    detail = missing;
    return header_status::missing_variable;
  }
  if (how == fill_status::too_large) {
    detail = from.name + ": more than headers may have";
    return header_status::too_large;
  }
  room -= value.size();
  if (from.name == collapse_header) value = apns_collapse_id(value);
  if (!is_header_value(value)) {
    detail = from.name + " has a control character or a blank at an end";
    return header_status::invalid;
  }
  out.emplace_back(from.name, std::move(value));
  return header_status::ok;
}

header_status apns_headers::render(const job& source, const recipient& who, const dedupe_key& key,
                                   header_list& out, std::string& detail) const {
  out.reserve(out.size() + fields_.size() + 1);
  out.emplace_back("apns-id", key.text());
  auto room = max_own_header_bytes;
  for (const auto& each : fields_)
    if (const auto status = append(each, source, who, room, out, detail); status != header_status::ok)
      return status;
  return header_status::ok;
}

header_status apns_headers::render_broadcast(const job& source, const recipient& who, const dedupe_key& key,
                                             header_list& out, std::string& detail) const {
  out.emplace_back("apns-request-id", key.text());
  out.emplace_back("apns-channel-id", std::string(who.target));
  auto room = max_own_header_bytes;
  for (const auto& each : fields_) {
    if (each.name == topic_header || each.name == collapse_header) continue;
    if (const auto status = append(each, source, who, room, out, detail); status != header_status::ok)
      return status;
  }
  // Here Apple has no default for it; 0: for those who are connected now, or by the channel's own policy.
  if (!find(expiration_header)) out.emplace_back(expiration_header, "0");
  return header_status::ok;
}

}  // namespace dispatch
