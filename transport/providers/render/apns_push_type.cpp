#include "transport/providers/render/apns_push_type.hpp"

#include <algorithm>

#include "transport/providers/render/apns_headers.hpp"
#include "transport/providers/render/json_sink.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::size_t usual_bytes = 4096;
constexpr std::size_t voip_bytes = 5120;

// A call or a word spoken is worth nothing later: tried once, unless the job says how long it is good.
constexpr std::string_view tried_once = "0";

constexpr apns_push_type types[] = {
    {"alert", "", "", "", usual_bytes, true},
    {"background", "", "5", "", usual_bytes, true},
    {"location", ".location-query", "", "", usual_bytes, true},
    {"voip", ".voip", "", tried_once, voip_bytes, true},
    {"complication", ".complication", "", "", usual_bytes, true},
    {"fileprovider", ".pushkit.fileprovider", "", "", usual_bytes, true},
    {"mdm", "", "", "", usual_bytes, false},
    {"liveactivity", ".push-type.liveactivity", "", "", usual_bytes, false},
    {"pushtotalk", ".voip-ptt", "10", tried_once, usual_bytes, true},
    {"controls", ".push-type.controls", "", "", usual_bytes, false},
    {"widgets", ".push-type.widgets", "", "", usual_bytes, false},
};

const apns_push_type* find(std::string_view name) noexcept {
  const auto found = std::find_if(std::begin(types), std::end(types),
                                  [name](const auto& each) { return each.name == name; });
  return found == std::end(types) ? nullptr : found;
}

/// The producer's word for it; null when there is none.
const json::value* named_in(const json::object* overrides) noexcept {
  const auto* headers = overrides ? overrides->if_contains("headers") : nullptr;
  if (!headers || !headers->is_object()) return nullptr;
  for (const auto& [key, value] : headers->get_object())
    if (is_header(key, push_type_header)) return &value;
  return nullptr;
}

}  // namespace

std::span<const apns_push_type> apns_push_types() noexcept {
  return types;
}

const apns_push_type* push_type_of(const message& what, const json::object* overrides) noexcept {
  const auto* named = named_in(overrides);
  if (!named || named->is_null()) return find(is_alerting(what, overrides) ? "alert" : "background");
  const auto* text = named->if_string();
  return text ? find(*text) : nullptr;
}

}  // namespace dispatch
