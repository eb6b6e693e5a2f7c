#pragma once

// One browser's subscription, with the keys of RFC 8291's example.

#include <string>

namespace dispatch::testing {

inline constexpr auto subscriber_keys =
    R"("keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",)"
    R"("auth":"BTBZMqHH6r4Tts7J_aSIgg"})";

inline std::string subscriber(const std::string& endpoint = "https://push.example:8443/p/abc?v=1",
                              const std::string& more = {}, const std::string& keys = subscriber_keys) {
  return R"({"platform":"web","subscription":{"endpoint":")" + endpoint + "\"," + keys + "}" + more + "}";
}

}  // namespace dispatch::testing
