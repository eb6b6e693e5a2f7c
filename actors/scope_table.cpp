#include "actors/scope_table.hpp"

#include <utility>

namespace dispatch {

std::optional<scope_number> scope_table::find(std::string_view name) const {
  const std::shared_lock lock(guard_);
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::size_t scope_table::in_use() const {
  const std::shared_lock lock(guard_);
  return in_use_;
}

bool scope_table::has_share(std::string_view tenant) const {
  if (in_use_ >= max_origins) return false;
  if (tenant.empty()) return true;
  const auto held = held_by_.find(tenant);
  return held == held_by_.end() || held->second < max_origins - in_use_;
}

std::optional<scope_number> scope_table::free_number(bool is_origin, time_point now) {
  while (!past_.empty() && past_.front().since + rest_time + kept_for <= now) past_.pop_front();
  if (is_origin && !resting_.empty() && resting_.front().since + rest_time <= now)
    return resting_.front().number;
  const auto size = size_.load(std::memory_order_relaxed);
  if (size >= (is_origin ? max_origins : capacity)) return std::nullopt;
  return static_cast<scope_number>(size);
}

std::shared_ptr<rendered_bytes> scope_table::account_of(const scope_info& made, bool is_origin) {
  while (rendered_by_app_.size() <= made.app_index)
    rendered_by_app_.push_back(std::make_shared<rendered_bytes>(rendered_));
  const auto& of_app = rendered_by_app_[made.app_index];
  return is_origin ? std::make_shared<rendered_bytes>(of_app) : of_app;
}

std::optional<scope_number> scope_table::open(const std::string& name, bool is_origin,
                                              const std::function<scope_info(scope_number)>& make,
                                              std::string_view tenant, time_point now) {
  const std::unique_lock lock(guard_);
  if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
  const auto number = !is_origin || has_share(tenant) ? free_number(is_origin, now) : std::nullopt;
  if (!number) {
    refusals_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  auto& place = scopes_[*number];
  auto made = std::make_unique<scope_info>(make(*number));
  made->name = name;
  made->tenant = is_origin ? tenant : std::string_view();
  made->generation = place ? place->generation + 1 : 0;
  made->rendered = account_of(*made, is_origin);
  places_[*number].store(made.get(), std::memory_order_release);
  if (place) {
    past_.push_back({std::move(place), resting_.front().since});
    resting_.pop_front();
  } else {
    size_.store(*number + std::size_t{1}, std::memory_order_release);
  }
  place = std::move(made);
  numbers_.emplace(place->name, *number);
  ++in_use_;
  if (!place->tenant.empty()) ++held_by_[place->tenant];
  return number;
}

void scope_table::retire(scope_number scope, time_point now) {
  const std::unique_lock lock(guard_);
  const auto& leaving = *scopes_[scope];
  if (leaving.origin.empty() || leaving.retired()) return;
  leaving.in_use->store(false, std::memory_order_release);
  numbers_.erase(leaving.name);
  --in_use_;
  if (const auto held = held_by_.find(leaving.tenant); held != held_by_.end() && --held->second == 0)
    held_by_.erase(held);
  resting_.push_back({scope, now});
}

void scope_table::limit_rendered(std::uint64_t bytes) {
  const std::unique_lock lock(guard_);
  rendered_ = std::make_shared<rendered_bytes>(bytes);
}

void scope_table::clear() {
  const std::unique_lock lock(guard_);
  numbers_.clear();
  held_by_.clear();
  resting_.clear();
  in_use_ = 0;
  const auto count = size_.exchange(0, std::memory_order_acq_rel);
  for (std::size_t at = 0; at < count; ++at) {
    places_[at].store(nullptr, std::memory_order_release);
    scopes_[at].reset();
  }
  past_.clear();
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
