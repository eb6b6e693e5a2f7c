#include "apps/dispatchctl/load_targets.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "apps/dispatchctl/session.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

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
std::string device_token(platform where, std::string_view prefix, std::uint64_t bits) {
  std::string token{prefix};
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

// A mail server speaks in codes of its own.
std::string_view mail_fault_prefix(token_fate fate) {
  switch (fate) {
    case token_fate::good:
      return "";
    case token_fate::dead:
      return "fail-550-5.1.1+";
    case token_fate::flaky_503:
    case token_fate::flaky_429:
      return "flaky-1-450-4.2.1+";
  }
  return "";
}

std::string made_up_name(std::string_view prefix, std::uint64_t bits) {
  std::string name{prefix};
  append_coded(name, mixed(bits), hexadecimal, 4, 16);
  return name;
}

}  // namespace

std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

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

std::vector<std::string> read_subscriptions(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw usage_error("cannot read " + file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  boost::system::error_code wrong;
  const auto document = json::parse(text, wrong);
  const auto* list = &document;
  if (document.is_object()) list = document.as_object().if_contains("subscriptions");
  if (wrong || list == nullptr || !list->is_array() || list->as_array().empty())
    throw usage_error(file + " holds no JSON array of subscriptions");
  std::vector<std::string> out;
  for (const auto& each : list->as_array()) out.push_back(json::serialize(each));
  return out;
}

std::string make_target(const load_targets& from, platform where, token_fate fate, std::uint64_t bits) {
  if (where == platform::email)
    return fmt::format(R"("address":"{}@{}")", made_up_name(mail_fault_prefix(fate), bits), from.mail_domain);
  if (where == platform::webhook) {
    // A 429 with Retry-After holds up its whole host: the load would measure that.
    if (fate == token_fate::flaky_429) fate = token_fate::flaky_503;
    return fmt::format(R"("url":"{}{}")", from.webhook_url, made_up_name(fault_prefix(fate), bits));
  }
  if (where == platform::web && !from.subscriptions.empty())
    return R"("subscription":)" + from.subscriptions[bits % from.subscriptions.size()];
  return fmt::format(R"("token":"{}")", device_token(where, fault_prefix(fate), bits));
}

}  // namespace dispatch::ctl
