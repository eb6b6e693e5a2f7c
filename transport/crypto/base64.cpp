#include "transport/crypto/base64.hpp"

#include <cstdint>

namespace dispatch {
namespace {

constexpr std::string_view common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view plain_end = "+/";
constexpr std::string_view url_end = "-_";

char letter(std::uint32_t value, std::string_view end) {
  return value < common.size() ? common[value] : end[value - common.size()];
}

int value_of(char c, std::string_view end) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == end[0]) return 62;
  return c == end[1] ? 63 : -1;
}

std::string encode(std::string_view bytes, std::string_view end) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += letter((bits >> (count - 6)) & 63, end);
  }
  if (count > 0) out += letter((bits << (6 - count)) & 63, end);
  return out;
}

std::optional<std::string> decode(std::string_view text, std::string_view end) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = value_of(c, end);
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 255);
  }
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace

std::string base64(std::string_view bytes) {
  auto out = encode(bytes, plain_end);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::string base64url(std::string_view bytes) {
  return encode(bytes, url_end);
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode(text, plain_end);
}

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode(text, url_end);
}

std::optional<std::string> base64_decode_any(std::string_view text) {
  if (text.ends_with('=') && text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode(text, text.find_first_of(plain_end) == std::string_view::npos ? url_end : plain_end);
}

}  // namespace dispatch
