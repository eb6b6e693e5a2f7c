#include "transport/providers/smtp/mailbox.hpp"

#include <algorithm>

#include "core/job/characters.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_local_bytes = 64;
constexpr std::size_t max_address_bytes = 254;  // RFC 5321 4.5.3.1.3: a path of 256 with its brackets
constexpr std::size_t max_label_bytes = 63;
constexpr std::size_t max_name_bytes = 256;

bool is_beyond_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// atext of RFC 5322, and what RFC 6532 adds.
bool is_atom_character(char c) noexcept {
  constexpr std::string_view others = "!#$%&'*+/=?^`{|}~";
  return is_any_of(c, name_characters) || is_beyond_ascii(c) || others.find(c) != std::string_view::npos;
}

bool is_label_character(char c) noexcept {
  return (is_any_of(c, name_characters) && c != '_') || is_beyond_ascii(c);
}

/// Parts divided by single dots, each of which `good` likes.
template <class Good>
bool is_dotted(std::string_view text, const Good& good) noexcept {
  for (;;) {
    const auto dot = text.find('.');
    if (!good(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_atom(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_atom_character);
}

bool is_label(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_label_bytes && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), is_label_character);
}

std::string_view trimmed(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

/// The name without its quotes; nullopt when they do not close.
std::optional<std::string> unquoted(std::string_view text) {
  if (!text.starts_with('"')) {
    if (text.find('"') != std::string_view::npos) return std::nullopt;
    return std::string(text);
  }
  std::string out;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1 == text.size() ? std::optional(out) : std::nullopt;
    if (text[at] == '\\' && ++at == text.size()) return std::nullopt;
    out.push_back(text[at]);
  }
  return std::nullopt;
}

bool is_sender(std::string_view address) noexcept {
  return is_mail_address(address) &&
         std::all_of(address.begin(), address.end(), [](unsigned char c) { return c < 0x80; });
}

}  // namespace

bool is_mail_address(std::string_view text) noexcept {
  const auto at = text.rfind('@');
  // npos, for want of an @, is too long as well.
  if (at > max_local_bytes || text.size() > max_address_bytes) return false;
  return is_dotted(text.substr(0, at), is_atom) && is_dotted(text.substr(at + 1), is_label);
}

std::string_view mailbox::domain() const noexcept {
  return std::string_view(address).substr(address.rfind('@') + 1);
}

std::optional<mailbox> parse_mailbox(std::string_view text) {
  text = trimmed(text);
  if (is_sender(text)) return mailbox{{}, std::string(text)};
  const auto open = text.rfind('<');
  if (open == std::string_view::npos || !text.ends_with('>')) return std::nullopt;
  const auto address = text.substr(open + 1, text.size() - open - 2);
  if (!is_sender(address)) return std::nullopt;
  auto name = unquoted(trimmed(text.substr(0, open)));
  if (!name || name->size() > max_name_bytes || !all_of(*name, no_control)) return std::nullopt;
  return mailbox{std::move(*name), std::string(address)};
}

}  // namespace dispatch
