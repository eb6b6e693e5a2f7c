#pragma once

// Base64 (RFC 4648). Decoding is strict: one text for one value, or two texts would be one signature.

#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// Section 4, with padding.
std::string base64(std::string_view bytes);
/// Section 5 ('-' and '_'), without padding.
std::string base64url(std::string_view bytes);

/// nullopt for other characters, wrong padding (base64url: any), or bits left over that are not zero.
std::optional<std::string> base64_decode(std::string_view text);
std::optional<std::string> base64url_decode(std::string_view text);
/// Either alphabet, padded or not: what people have stored of browsers' keys. Not where a text must be the
/// only one for its value (a signature).
std::optional<std::string> base64_decode_any(std::string_view text);

}  // namespace dispatch
