#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::sandbox {

// RFC 4648 section 5 without padding, as JWTs use it; anything else is nullopt.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64url(std::string_view bytes);

}  // namespace dispatch::sandbox
