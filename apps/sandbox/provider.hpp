#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::sandbox {

// `other` holds what fits no provider's paths; its requests are answered 404 and still counted.
enum class provider : std::uint8_t { fcm, apns, token, webpush, webhook, smtp, other };

inline constexpr std::size_t provider_count = 7;

constexpr std::string_view name_of(provider who) {
  switch (who) {
    case provider::fcm:
      return "fcm";
    case provider::apns:
      return "apns";
    case provider::token:
      return "token";
    case provider::webpush:
      return "webpush";
    case provider::webhook:
      return "webhook";
    case provider::smtp:
      return "smtp";
    case provider::other:
      break;
  }
  return "other";
}

constexpr std::optional<provider> provider_named(std::string_view name) {
  for (auto who : {provider::fcm, provider::apns, provider::token, provider::webpush, provider::webhook,
                   provider::smtp}) {
    if (name == name_of(who)) return who;
  }
  return std::nullopt;
}

}  // namespace dispatch::sandbox
