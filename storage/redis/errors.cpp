#include "storage/redis/errors.hpp"

#include <algorithm>
#include <array>

namespace dispatch::redis {

namespace {

constexpr std::array<error_rule, 25> rules{{
    {"FENCED", reaction::fence},
    {"NOSCRIPT", reaction::load_script},
    {"NOGROUP", reaction::make_groups},
    {"UNBLOCKED", reaction::end_wait},
    // A replica now: another node is the master, perhaps under the same name.
    {"READONLY", reaction::reconnect},
    {"NOAUTH", reaction::reconnect},
    {"WRONGPASS", reaction::reconnect},
    {"MOVED", reaction::follow},
    {"ASK", reaction::back_off},  // the slot is on its way; then it is MOVED
    {"TRYAGAIN", reaction::back_off},
    {"CLUSTERDOWN", reaction::back_off},
    {"MISCONF", reaction::back_off},
    {"OOM", reaction::back_off},
    {"LOADING", reaction::back_off},
    {"MASTERDOWN", reaction::back_off},
    {"NOREPLICAS", reaction::back_off},
    {"BUSY", reaction::back_off},
    {"UNKILLABLE", reaction::back_off},
    {"WRONGTYPE", reaction::refuse},
    {"NOPERM", reaction::refuse},
    {"SCHEMA", reaction::refuse},
    {"CROSSSLOT", reaction::refuse},
    {"BUSYGROUP", reaction::refuse},
    {"EXECABORT", reaction::refuse},
    {"ERR", reaction::refuse},
}};

constexpr std::string_view inside_script = "ERR Error running script";

std::string_view first_word(std::string_view text) noexcept {
  return text.substr(0, text.find(' '));
}

const error_rule* find(std::string_view code) noexcept {
  for (const auto& rule : rules) {
    if (rule.code == code) return &rule;
  }
  return nullptr;
}

}  // namespace

std::span<const error_rule> error_rules() noexcept {
  return rules;
}

reaction react_to(std::string_view error) noexcept {
  if (error.starts_with(inside_script)) {
    while (!error.empty()) {
      const auto word = first_word(error);
      const auto* rule = find(word);
      if (rule != nullptr && word != "ERR") return rule->what;
      error.remove_prefix(word.size() < error.size() ? word.size() + 1 : error.size());
    }
    return reaction::refuse;
  }
  const auto* rule = find(first_word(error));
  return rule != nullptr ? rule->what : reaction::refuse;
}

bool is_setup_error(std::string_view error) noexcept {
  // Direct, and in the words of a script's errors in Redis 6 and 7.
  constexpr std::array<std::string_view, 8> signs{"NOPERM",
                                                  "CROSSSLOT",
                                                  "ACL failure in script",
                                                  "can't run this command",
                                                  "no permissions to",
                                                  "in a cluster node",
                                                  "nknown command",
                                                  "nknown Redis command"};
  return std::any_of(signs.begin(), signs.end(),
                     [&](std::string_view sign) { return error.find(sign) != std::string_view::npos; });
}

bool is_placement_error(std::string_view error) noexcept {
  return error.find("CROSSSLOT") != std::string_view::npos ||
         error.find("in a cluster node") != std::string_view::npos;
}

std::string_view moved_to(std::string_view error) noexcept {
  for (int word = 0; word < 2; ++word) {
    const auto space = error.find(' ');
    if (space == std::string_view::npos) return {};
    error.remove_prefix(space + 1);
  }
  const auto address = first_word(error);
  return address.find(':') == std::string_view::npos ? std::string_view() : address;
}

}  // namespace dispatch::redis
