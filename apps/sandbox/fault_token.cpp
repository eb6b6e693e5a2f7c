#include "apps/sandbox/fault_token.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace dispatch::sandbox {
namespace {

constexpr std::uint32_t max_slow_ms = 600'000;

// Takes "123-" off the front.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t value = 0;
  const auto* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop == end || *stop != '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return value;
}

bool is_reason_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

token_fault parse_fail(std::string_view rest) {
  auto status = take_number(rest);
  if (!status || *status < 300 || *status > 599) return {};
  auto reason = rest.substr(0, rest.find('-'));
  if (!std::all_of(reason.begin(), reason.end(), is_reason_character)) return {};
  return {.kind = token_fault_kind::fail, .status = static_cast<int>(*status), .reason = reason};
}

struct prefix {
  std::string_view text;
  token_fault_kind kind;
  bool numbered;
};

constexpr prefix prefixes[] = {
    {"dead-", token_fault_kind::dead, false},         {"flaky503-", token_fault_kind::flaky_503, true},
    {"flaky429-", token_fault_kind::flaky_429, true}, {"slow-", token_fault_kind::slow, true},
    {"hang-", token_fault_kind::hang, false},         {"reset-", token_fault_kind::reset, false},
    {"resetN-", token_fault_kind::reset_first, true}, {"html500-", token_fault_kind::html_500, false},
    {"redirect-", token_fault_kind::redirect, false}, {"notatoken", token_fault_kind::not_a_token, false},
};

}  // namespace

token_fault parse_token_fault(std::string_view token) {
  // Nearly every token is a good one: look at one letter before ten prefixes.
  if (token.empty() || std::string_view("dfshrn").find(token.front()) == std::string_view::npos) return {};
  if (token.starts_with("fail-")) return parse_fail(token.substr(5));
  for (const auto& candidate : prefixes) {
    if (!token.starts_with(candidate.text)) continue;
    if (!candidate.numbered) return {.kind = candidate.kind};
    auto rest = token.substr(candidate.text.size());
    auto number = take_number(rest);
    if (!number) return {};
    if (candidate.kind == token_fault_kind::slow) number = std::min(*number, max_slow_ms);
    return {.kind = candidate.kind, .number = *number};
  }
  return {};
}

}  // namespace dispatch::sandbox
