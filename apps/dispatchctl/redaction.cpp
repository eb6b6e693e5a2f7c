#include "apps/dispatchctl/redaction.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "core/digest.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 6> secret_names{"token",    "address", "url",
                                                       "endpoint", "p256dh",  "auth"};

bool is_secret(std::string_view name) {
  return std::find(secret_names.begin(), secret_names.end(), name) != secret_names.end();
}

void redact(json::value& value) {
  if (auto* array = value.if_array()) {
    for (auto& element : *array) redact(element);
  }
  auto* object = value.if_object();
  if (object == nullptr) return;
  for (auto& member : *object) {
    auto& inner = member.value();
    if (is_secret(member.key())) {
      auto text = inner.is_string() ? std::string{inner.as_string()} : json::serialize(inner);
      inner = "sha256:" + token_hash(text).substr(0, 16);
    } else if (member.key() == "vars" && inner.is_object()) {
      // Names and amounts of the producer's customers.
      for (auto& variable : inner.as_object()) variable.value() = "…";
    } else {
      redact(inner);
    }
  }
}

}  // namespace

std::optional<json::value> redacted_document(std::string_view document) {
  boost::system::error_code error;
  auto value = json::parse(document, error);
  if (error || !value.is_object()) return std::nullopt;
  if (auto* recipients = value.as_object().if_contains("recipients")) redact(*recipients);
  return value;
}

}  // namespace dispatch::ctl
