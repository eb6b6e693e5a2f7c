#include "apps/dispatchctl/load_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace dispatch::ctl {
namespace {

double unit(std::uint64_t draw) {
  return static_cast<double>(draw >> 11) * 0x1p-53;
}

std::optional<std::uint32_t> parse_weight(std::string_view text) {
  std::uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > 1'000'000) return std::nullopt;
  return value;
}

std::string filler(std::uint32_t bytes) {
  constexpr std::string_view words = "Somebody edited a note you share. Open it to see what changed since. ";
  std::string out;
  while (out.size() < bytes) out += words.substr(0, bytes - out.size());
  return out;
}

}  // namespace

std::optional<platform_mix> parse_platform_mix(std::string_view text) {
  platform_mix out{.weights = {}};
  std::uint32_t sum = 0;
  while (!text.empty()) {
    auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    auto colon = item.find(':');
    auto where = parse_platform(item.substr(0, colon));
    if (!where) return std::nullopt;
    auto weight = colon == item.npos ? std::optional<std::uint32_t>{1} : parse_weight(item.substr(colon + 1));
    if (!weight) return std::nullopt;
    out.weights[index_of(*where)] += *weight;
    sum += *weight;
  }
  if (sum == 0) return std::nullopt;
  return out;
}

std::string load_options::validate() const {
  if (jobs == 0) return "--jobs must be at least 1";
  if (recipients == 0 || recipients > 10'000)
    return "--recipients must be 1 to 10,000 (the most a job may hold)";
  if (tenants == 0 || tenants > 10'000) return "--tenants must be 1 to 10,000";
  if (tenants > 1 && !tenant.empty()) return "--tenant and --tenants exclude each other";
  if (dead < 0 || flaky_503 < 0 || flaky_429 < 0 || dead + flaky_503 + flaky_429 > 1) {
    return "--dead, --flaky503 and --flaky429 are shares: each 0 or more, together at most 1";
  }
  // Without them recipients would be real ones, somewhere.
  if (platforms.weights[index_of(platform::email)] > 0 && targets.mail_domain.empty())
    return "platform email wants --mail-domain";
  if (platforms.weights[index_of(platform::webhook)] > 0 && targets.webhook_url.empty())
    return "platform webhook wants --webhook-url";
  if (body_bytes > 3'000) return "--body-bytes must be at most 3,000 (providers take 4,096 bytes in all)";
  return {};
}

load_plan::load_plan(load_options options)
    : options_(std::move(options)),
      prefix_(options_.id_prefix.empty() ? fmt::format("load-{}", options_.seed) : options_.id_prefix),
      body_(filler(options_.body_bytes)) {
  for (auto weight : options_.platforms.weights) weight_sum_ += weight;
}

std::string load_plan::tenant(std::uint64_t job) const {
  if (options_.tenants > 1) return fmt::format("load-{}", job % options_.tenants + 1);
  return options_.tenant.empty() ? "default" : options_.tenant;
}

std::string load_plan::id(std::uint64_t job) const {
  return options_.with_id ? fmt::format("{}-{}", prefix_, job) : std::string{};
}

platform load_plan::pick_platform(std::uint64_t draw) const {
  auto at = draw % weight_sum_;
  for (auto candidate : all_platforms) {
    auto weight = options_.platforms.weights[index_of(candidate)];
    if (at < weight) return candidate;
    at -= weight;
  }
  return platform::android;
}

planned_recipient load_plan::recipient(std::uint64_t job, std::uint32_t index) const {
  // Jobs hold at most 10,000 recipients, so no two recipients of a load share a key.
  auto key = mixed(mixed(options_.seed) + job * 16'384 + index);
  planned_recipient out;
  out.platform = pick_platform(mixed(key ^ 1));
  auto draw = unit(mixed(key ^ 2));
  if (draw < options_.dead) {
    out.fate = token_fate::dead;
  } else if (draw < options_.dead + options_.flaky_503) {
    out.fate = token_fate::flaky_503;
  } else if (draw < options_.dead + options_.flaky_503 + options_.flaky_429) {
    out.fate = token_fate::flaky_429;
  }
  // A browser answers for its subscription, whoever sends to it.
  if (out.platform == platform::web && !options_.targets.subscriptions.empty()) out.fate = token_fate::good;
  out.target = make_target(options_.targets, out.platform, out.fate, mixed(key ^ 3));
  return out;
}

std::string load_plan::document(std::uint64_t job) const {
  std::string out;
  out.reserve(256 + body_.size() + std::size_t{options_.recipients} * 240);
  auto to = std::back_inserter(out);
  out += '{';
  if (options_.with_id) fmt::format_to(to, R"("id":"{}",)", id(job));
  if (options_.tenants > 1 || !options_.tenant.empty()) fmt::format_to(to, R"("tenant":"{}",)", tenant(job));
  fmt::format_to(
      to, R"("message":{{"title":"A note changed","body":"{}","data":{{"note":"{{{{note}}}}"}}}},)", body_);
  out += R"("recipients":[)";
  for (std::uint32_t i = 0; i < options_.recipients; ++i) {
    auto who = recipient(job, i);
    fmt::format_to(to, R"({}{{"platform":"{}",{},"vars":{{"note":"{}"}}}})", i == 0 ? "" : ",",
                   dispatch::to_string(who.platform), who.target, job * options_.recipients + i);
  }
  out += "]}";
  return out;
}

}  // namespace dispatch::ctl
