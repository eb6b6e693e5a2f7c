#include "transport/providers/webpush/webpush_headers.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <charconv>

#include "transport/providers/render/collapse.hpp"
#include "transport/providers/render/render_bounds.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::array<std::string_view, 4> urgencies{"very-low", "low", "normal", "high"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

webpush_headers::webpush_headers(const job& source) {
  if (source.priority != device_priority::unset)
    urgency_ = source.priority == device_priority::high ? "high" : "normal";
  if (!source.collapse_key.empty()) topic_.emplace(source.collapse_key);
}

bool webpush_headers::override_with(const json::object& headers, std::string& error) {
  for (const auto& [key, value] : headers) {
    const auto name = lower(key);
    bool good = false;
    if (name == "ttl") {
      good = set_ttl(value);
      error = "overrides.webpush.headers.TTL is no number from 0 to 2419200";
    } else if (name == "urgency") {
      good = set_urgency(value);
      error = "overrides.webpush.headers.Urgency is none of very-low, low, normal, high";
    } else if (name == "topic") {
      good = set_topic(value);
      error = "overrides.webpush.headers.Topic is no text";
    } else {
      error = "overrides.webpush.headers may hold TTL, Urgency and Topic only";
    }
    if (!good) return false;
    error.clear();
  }
  return true;
}

bool webpush_headers::set_ttl(const json::value& value) {
  std::int64_t number = -1;
  if (const auto* whole = value.if_int64()) {
    number = *whole;
  } else if (const auto* text = value.if_string()) {
    const auto* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return false;
  }
  if (number < 0 || number > max_webpush_ttl_seconds) return false;
  ttl_ = number;
  return true;
}

bool webpush_headers::set_urgency(const json::value& value) {
  urgency_ = {};
  if (value.is_null()) return true;
  const auto* text = value.if_string();
  const auto found =
      text ? std::find(urgencies.begin(), urgencies.end(), std::string_view(*text)) : urgencies.end();
  if (found == urgencies.end()) return false;
  urgency_ = *found;
  return true;
}

bool webpush_headers::set_topic(const json::value& value) {
  topic_.reset();
  has_topic_ = !value.is_null();
  if (!has_topic_) return true;
  const auto* text = value.if_string();
  if (text == nullptr) return false;
  topic_.emplace(std::string_view(*text));
  return true;
}

fill_status webpush_headers::render(const job& source, const recipient& who, const dedupe_key& key,
                                    std::int64_t ttl_seconds, header_list& out,
                                    std::string_view& missing) const {
  out.reserve(out.size() + 3);
  out.emplace_back("ttl", std::to_string(ttl_.value_or(ttl_seconds)));
  if (!urgency_.empty()) out.emplace_back("urgency", urgency_);
  if (!has_topic_) return fill_status::ok;
  if (!topic_) {
    out.emplace_back("topic", web_push_topic(key));
    return fill_status::ok;
  }
  std::string rendered;
  const auto how = topic_->render(source, who, max_collapse_text_bytes, rendered, missing);
  if (how == fill_status::ok) out.emplace_back("topic", web_push_topic(rendered));
  return how;
}

}  // namespace dispatch
