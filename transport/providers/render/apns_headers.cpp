#include "transport/providers/render/apns_headers.hpp"

#include <algorithm>
#include <boost/json/value.hpp>

#include "transport/providers/render/collapse.hpp"
#include "transport/providers/render/message_fields.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::string_view collapse_header = "apns-collapse-id";
constexpr std::string_view push_type_header = "apns-push-type";

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool may_override(std::string_view name) noexcept {
  const bool named =
      name.starts_with("apns-") && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  return named && name != "apns-topic" && name != "apns-id";
}

}  // namespace

bool is_header_value(std::string_view value) noexcept {
  if (value.empty()) return true;
  if (value.front() == ' ' || value.back() == ' ') return false;
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

apns_headers::apns_headers(const job& source, bool alerting) {
  set(push_type_header, alerting ? "alert" : "background");
  // Apple refuses a background push of priority 10, which is also the default.
  if (!alerting)
    set("apns-priority", "5");
  else if (source.priority != device_priority::unset)
    set("apns-priority", source.priority == device_priority::high ? "10" : "5");
  if (source.expires_at) set("apns-expiration", std::to_string(epoch_seconds(*source.expires_at)));
  if (!source.collapse_key.empty()) set(collapse_header, source.collapse_key);
}

void apns_headers::set(std::string_view name, std::string_view value) {
  remove(name);
  fields_.push_back({std::string(name), text_template(value)});
  if (name == push_type_header) push_type_ = value;
}

void apns_headers::remove(std::string_view name) {
  std::erase_if(fields_, [name](const field& each) { return each.name == name; });
  if (name == push_type_header) push_type_.clear();
}

bool apns_headers::override_with(const json::object& headers, std::string& error) {
  for (const auto& [key, value] : headers) {
    const auto name = lower(key);
    if (!may_override(name)) {
      error = "overrides.apns.headers may not set this header";
      return false;
    }
    if (value.is_null()) {
      remove(name);
    } else if (value.is_string()) {
      set(name, value.get_string());
    } else if (value.is_int64()) {
      set(name, std::to_string(value.get_int64()));
    } else {
      error = "overrides.apns.headers." + name + " is neither a string nor a whole number";
      return false;
    }
  }
  return true;
}

header_status apns_headers::render(const job& source, const recipient& who, const dedupe_key& key,
                                   header_list& out, std::string& detail) const {
  out.reserve(out.size() + fields_.size() + 1);
  out.emplace_back("apns-id", key.text());
  for (const auto& each : fields_) {
    std::string value;
    std::string_view missing;
    if (!each.value.render(source, who, value, missing)) {
      detail = missing;
      return header_status::missing_variable;
    }
    if (each.name == collapse_header) value = apns_collapse_id(value);
    if (!is_header_value(value)) {
      detail = each.name + " has a control character or a blank at an end";
      return header_status::invalid;
    }
    out.emplace_back(each.name, std::move(value));
  }
  return header_status::ok;
}

}  // namespace dispatch
