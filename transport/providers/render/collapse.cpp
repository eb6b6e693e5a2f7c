#include "transport/providers/render/collapse.hpp"

#include <algorithm>
#include <cstddef>

namespace dispatch {
namespace {

constexpr std::size_t max_apns_bytes = 64;
constexpr std::size_t max_topic_bytes = 32;

bool is_base64url(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::string apns_collapse_id(std::string_view collapse_key) {
  if (collapse_key.size() <= max_apns_bytes) return std::string(collapse_key);
  return to_hex(sha256(collapse_key));
}

std::string web_push_topic(std::string_view collapse_key) {
  if (!collapse_key.empty() && collapse_key.size() <= max_topic_bytes &&
      std::all_of(collapse_key.begin(), collapse_key.end(), is_base64url))
    return std::string(collapse_key);
  return to_hex(sha256(collapse_key)).substr(0, max_topic_bytes);
}

std::string web_push_topic(const dedupe_key& key) {
  std::string topic(key.text());
  std::erase(topic, '-');
  return topic;
}

}  // namespace dispatch
