#include "apps/sandbox/smtp/address_fault.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace dispatch::sandbox {
namespace {

/// The part before the next '-', taken off the front.
std::string_view take_part(std::string_view& text) {
  const auto end = std::min(text.find('-'), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

bool is_status(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

address_fault parse_address_fault(std::string_view address) {
  const auto plus = address.find('+');
  if (plus == std::string_view::npos) return {};
  auto order = address.substr(0, plus);
  const auto whole = order;
  const auto word = take_part(order);
  if (whole == "hang") return {.kind = address_fault_kind::hang};
  if (whole == "drop") return {.kind = address_fault_kind::drop};
  address_fault found;
  if (word == "flaky") {
    const auto times = number_of(take_part(order));
    if (!times) return {};
    found.times = *times;
  } else if (word != "fail") {
    return {};
  }
  const auto code = number_of(take_part(order));
  if (!code || *code < 400 || *code > 599 || !is_status(order)) return {};
  found.kind = word == "fail" ? address_fault_kind::fail : address_fault_kind::flaky;
  found.code = static_cast<int>(*code);
  found.status = order;
  return found;
}

std::string ordered_reply(int code, std::string_view status) {
  auto reply = std::to_string(code);
  if (!status.empty()) reply.append(" ").append(status);
  reply.append(" ordered");
  return reply;
}

}  // namespace dispatch::sandbox
