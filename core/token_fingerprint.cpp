#include "core/token_fingerprint.hpp"

#include <algorithm>

#include "core/digest.hpp"

namespace dispatch {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t text_size = 22;

}  // namespace

token_fingerprint token_fingerprint::of(std::string_view scope, std::string_view token) {
  std::string text;
  text.reserve(scope.size() + 1 + token.size());
  // A scope holds no zero byte, so no two pairs make the same text.
  text.append(scope).append(1, '\0').append(token);
  const auto digest = sha256(text);
  token_fingerprint made;
  std::copy_n(digest.begin(), made.bytes.size(), made.bytes.begin());
  return made;
}

bool token_fingerprint::is_text(std::string_view text) noexcept {
  return text.size() == text_size && text.find_first_not_of(letters) == std::string_view::npos;
}

std::string token_fingerprint::text() const {
  std::string out;
  out.reserve(text_size);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const auto byte : bytes) {
    held = (held << 8U) | byte;
    bits += 8;
    for (; bits >= 6; bits -= 6) out += letters[(held >> (bits - 6)) & 63U];
  }
  out += letters[(held << (6 - bits)) & 63U];
  return out;
}

}  // namespace dispatch
