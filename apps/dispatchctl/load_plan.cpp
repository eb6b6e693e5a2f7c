#include "apps/dispatchctl/load_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace dispatch::ctl {
namespace {

// SplitMix64's finaliser: every job and recipient gets its own stream of bits without a state to carry.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

double unit(std::uint64_t draw) {
  return static_cast<double>(draw >> 11) * 0x1p-53;
}

void append_coded(std::string& out, std::uint64_t draw, std::string_view alphabet, unsigned bits,
                  unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    out += alphabet[draw & ((1u << bits) - 1)];
    draw >>= bits;
  }
}

constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view hexadecimal = "0123456789abcdef";

std::string_view fault_prefix(token_fate fate) {
  switch (fate) {
    case token_fate::good:
      return "";
    case token_fate::dead:
      return "dead-";
    case token_fate::flaky_503:
      return "flaky503-1-";
    case token_fate::flaky_429:
      return "flaky429-1-";
  }
  return "";
}

// As long and of the same letters as the real ones: they are most of a request's bytes.
std::string device_token(platform where, token_fate fate, std::uint64_t bits) {
  std::string token{fault_prefix(fate)};
  if (where == platform::ios) {
    for (unsigned i = 0; i < 4; ++i) append_coded(token, mixed(bits + i), hexadecimal, 4, 16);
    return token;
  }
  append_coded(token, mixed(bits), base64url, 6, 10);
  append_coded(token, mixed(bits + 1), base64url, 6, 10);
  token += "Xy:APA91b";
  for (unsigned i = 2; i < 14; ++i) append_coded(token, mixed(bits + i), base64url, 6, 10);
  return token;
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

std::string_view to_string(token_fate value) noexcept {
  switch (value) {
    case token_fate::good:
      return "good";
    case token_fate::dead:
      return "dead";
    case token_fate::flaky_503:
      return "flaky503";
    case token_fate::flaky_429:
      return "flaky429";
  }
  return "good";
}

std::optional<platform_mix> parse_platform_mix(std::string_view text) {
  platform_mix out{.weights = {}};
  std::uint32_t sum = 0;
  while (!text.empty()) {
    auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    auto colon = item.find(':');
    auto where = parse_platform(item.substr(0, colon));
    // Addresses and URLs are not tokens: a load of them would leave this machine.
    if (!where || *where == platform::email || *where == platform::webhook) return std::nullopt;
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
  out.token = device_token(out.platform, out.fate, mixed(key ^ 3));
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
    fmt::format_to(to, R"({}{{"platform":"{}","token":"{}","vars":{{"note":"{}"}}}})", i == 0 ? "" : ",",
                   dispatch::to_string(who.platform), who.token, job * options_.recipients + i);
  }
  out += "]}";
  return out;
}

}  // namespace dispatch::ctl
