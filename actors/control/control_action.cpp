#include "actors/control/control_action.hpp"

#include <charconv>
#include <string_view>

namespace dispatch {
namespace {

std::string_view field(const control_event& event, std::string_view name) {
  for (const auto& [key, value] : event.fields) {
    if (key == name) return value;
  }
  return {};
}

std::optional<control_action> job_of(const control_event& event, job_order what) {
  const auto tenant = field(event, "tenant"), id = field(event, "id");
  if (tenant.empty() || id.empty()) return std::nullopt;
  return job_action{what, std::string(tenant), std::string(id)};
}

std::optional<control_action> lane_of(const control_event& event, bool pause) {
  const auto which = parse_lane(field(event, "lane"));
  if (!which) return std::nullopt;
  return lane_action{*which, pause};
}

std::optional<control_action> breaker_of(const control_event& event) {
  const auto scope = field(event, "scope"), digits = field(event, "version");
  if (scope.empty()) return std::nullopt;
  std::uint64_t version = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), version);
  return breaker_action{std::string(scope), version};
}

std::optional<control_action> decision_of(const control_event& event) {
  const auto scope = field(event, "scope"), decision = field(event, "decision");
  if (scope.empty() || (decision != "accept" && decision != "discard")) return std::nullopt;
  return decision_action{std::string(scope), decision == "accept"};
}

}  // namespace

std::optional<control_action> parse_control(const control_event& event) {
  if (event.kind == "cancel") return job_of(event, job_order::cancel);
  if (event.kind == "pause") return job_of(event, job_order::pause);
  if (event.kind == "resume") return job_of(event, job_order::resume);
  if (event.kind == "lane_pause") return lane_of(event, true);
  if (event.kind == "lane_resume") return lane_of(event, false);
  if (event.kind == "breaker") return breaker_of(event);
  if (event.kind == "hygiene") return decision_of(event);
  if (event.kind == "forget") return forget_action{};
  if (event.kind == "release") {
    const auto consumer = field(event, "consumer");
    if (!consumer.empty()) return release_action{std::string(consumer)};
  }
  return std::nullopt;
}

}  // namespace dispatch
