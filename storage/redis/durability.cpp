#include "storage/redis/durability.hpp"

namespace dispatch::redis {

void durability::ask_when_old(connection& link) {
  const auto now = std::chrono::steady_clock::now();
  if (asked_ != std::chrono::steady_clock::time_point() && now - asked_ < std::chrono::seconds(30)) return;
  asked_ = now;
  const auto ask = [&](std::string_view name, auto keep) {
    link.send(command("CONFIG", std::string_view("GET"), name), [keep](std::optional<reply> answer) {
      if (answer && answer->size() == 2) keep(answer->at(1).as_text());
    });
  };
  ask("appendonly", [this](std::string_view value) { append_only_ = value == "yes"; });
  ask("save", [this](std::string_view value) { snapshots_ = !value.empty(); });
  ask("maxmemory-policy", [this](std::string_view value) { policy_ = value; });
}

void durability::written(std::uint64_t sequence, std::uint64_t found) {
  if (found < confirmed_) {
    rewound_ = "Redis lost writes it had confirmed: checkpoint " + std::to_string(confirmed_) + ", back at " +
               std::to_string(found);
  }
  confirmed_ = sequence;
}

std::string durability::warning() const {
  std::string text;
  const auto add = [&](std::string_view more) { text.append(text.empty() ? "" : "; ").append(more); };
  if (!append_only_) {
    add(snapshots_ ? "Redis keeps snapshots only (appendonly no): a crash loses what came after the last"
                   : "Redis keeps nothing on disk (appendonly no, save \"\")");
  }
  if (policy_ != "noeviction") add("Redis may evict jobs (maxmemory-policy " + policy_ + ", not noeviction)");
  if (!rewound_.empty()) add(rewound_);
  return text;
}

}  // namespace dispatch::redis
