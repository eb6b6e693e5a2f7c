#include "actors/scope_table.hpp"

#include <utility>

namespace dispatch {

std::optional<scope_number> scope_table::find(std::string_view name) const {
  const std::shared_lock lock(guard_);
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::optional<scope_number> scope_table::open(const std::string& name, bool is_origin,
                                              const std::function<scope_info(scope_number)>& make) {
  const std::unique_lock lock(guard_);
  if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
  if (scopes_.size() >= (is_origin ? max_origins : capacity)) return std::nullopt;
  const auto number = static_cast<scope_number>(scopes_.size());
  auto made = make(number);
  made.name = name;
  const auto& added = scopes_.add(std::move(made));
  numbers_.emplace(added.name, number);
  return number;
}

void scope_table::clear() {
  const std::unique_lock lock(guard_);
  numbers_.clear();
  scopes_.clear();
}

std::string scope_name(provider by, std::string_view app, std::string_view origin) {
  std::string name(to_string(by));
  name.append(":").append(app);
  if (!origin.empty()) name.append(":").append(origin);
  return name;
}

std::optional<scope_parts> parse_scope_name(std::string_view name) {
  const auto first = name.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const auto by = parse_provider(name.substr(0, first));
  if (!by) return std::nullopt;
  const auto rest = name.substr(first + 1);
  const auto second = rest.find(':');
  if (second == std::string_view::npos) return scope_parts{*by, rest, {}};
  return scope_parts{*by, rest.substr(0, second), rest.substr(second + 1)};
}

}  // namespace dispatch
