#include "storage/redis/durability.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::redis {

void durability::ask_when_old(connection& link) {
  const auto now = std::chrono::steady_clock::now();
  if (asked_ != std::chrono::steady_clock::time_point() && now - asked_ < std::chrono::seconds(30)) return;
  asked_ = now;
  const auto info = [this](const reply& answer) { read_info(answer.as_text()); };
  ask(link, command("INFO", std::string_view("persistence")), info, false);
  ask(link, command("INFO", std::string_view("memory")), info, false);
  for (const std::string_view name : {"appendonly", "maxmemory-policy", "save"}) {
    ask(
        link, command("CONFIG", std::string_view("GET"), name),
        [this, name](const reply& answer) {
          if (answer.size() == 2) read_setting(name, answer.at(1).as_text());
        },
        name == "save");
  }
}

void durability::ask(connection& link, command what, std::function<void(const reply&)> keep, bool is_last) {
  link.send(what, [this, keep = std::move(keep), is_last](std::optional<reply> answer) {
    // Without a connection nothing was learnt: what is known stays.
    if (answer && answer->is_error()) refusal_ = answer->text;
    if (answer && !answer->is_error()) keep(*answer);
    if (answer && is_last) round_over();
  });
}

void durability::read_info(std::string_view text) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = line.substr(0, colon);
    const auto value = line.substr(colon + 1);
    if (name == "aof_enabled") append_only_ = value == "1";
    if (name == "maxmemory_policy") policy_ = value;
    if (name == "aof_last_write_status")
      write_error_ = value == "ok" ? "" : "Redis could not write to its append-only file";
  }
}

void durability::read_setting(std::string_view name, std::string_view value) {
  if (name == "appendonly") append_only_ = value == "yes";
  if (name == "maxmemory-policy") policy_ = value;
  if (name == "save") snapshots_ = !value.empty();
}

void durability::round_over() {
  answered_ = true;
  tell();
}

void durability::tell() {
  const auto now = kept();
  const auto text = warning();
  const auto said = (!now ? "?" : *now ? "+" : "!") + text;
  if (std::exchange(told_, said) != said && tell_) tell_(now, text);
}

void durability::written(std::uint64_t sequence, std::uint64_t found) {
  if (found < confirmed_) {
    rewound_ = "Redis lost writes it had confirmed: checkpoint " + std::to_string(confirmed_) + ", back at " +
               std::to_string(found);
    tell();
  }
  confirmed_ = sequence;
}

std::optional<bool> durability::kept() const {
  const bool evicts = !policy_.empty() && policy_ != "noeviction";
  if (append_only_ == false || evicts || !write_error_.empty() || !rewound_.empty()) return false;
  if (!append_only_ || policy_.empty()) return std::nullopt;
  return true;
}

std::string durability::warning() const {
  std::string text;
  const auto add = [&](std::string_view more) { text.append(text.empty() ? "" : "; ").append(more); };
  if (append_only_ == false) {
    if (!snapshots_)
      add("Redis has no append-only file (appendonly no): a crash loses what came after its last snapshot, "
          "if "
          "it makes any");
    else if (*snapshots_)
      add("Redis keeps snapshots only (appendonly no): a crash loses what came after the last");
    else
      add("Redis keeps nothing on disk (appendonly no, save \"\")");
  }
  if (!write_error_.empty()) add(write_error_);
  if (!policy_.empty() && policy_ != "noeviction")
    add("Redis may evict jobs (maxmemory-policy " + policy_ + ", not noeviction)");
  if (!rewound_.empty()) add(rewound_);
  if (!answered_) return text;
  const auto because = refusal_.empty() ? std::string() : " (" + refusal_ + ")";
  if (!append_only_) add("Redis does not say whether it keeps anything on disk" + because);
  if (policy_.empty()) add("Redis does not say whether it may evict jobs" + because);
  return text;
}

}  // namespace dispatch::redis
