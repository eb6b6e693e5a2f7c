#include "actors/supervisor/breaker_loader.hpp"

#include <utility>

namespace dispatch {

breaker_loader::breaker_loader(std::shared_ptr<const engine_parts> parts)
    : parts_(std::move(parts)),
      loaded_([](scope_number) { return false; }, parts_->scopes.generations()),
      unreadable_([](scope_number) { return false; }, parts_->scopes.generations()) {}

void breaker_loader::load(scope_number scope) {
  parts_->storage->load_breaker(parts_->scopes[scope].name, told(scope));
}

std::function<void(store_result<breaker_record>)> breaker_loader::told(scope_number scope) const {
  return [me = parts_->supervisor, scope,
          generation = parts_->scopes[scope].generation](store_result<breaker_record> result) {
    me.send(breaker_loaded{scope, generation, std::move(result)});
  };
}

bool breaker_loader::is_of(scope_number scope, std::uint32_t generation) const {
  const auto& info = parts_->scopes[scope];
  return info.generation == generation && !info.retired();
}

bool breaker_loader::all_loaded() const {
  for (std::size_t i = 0; i < parts_->scopes.size(); ++i) {
    if (!parts_->scopes[i].retired() && !loaded_[static_cast<scope_number>(i)]) return false;
  }
  return true;
}

void breaker_loader::load_missing() {
  for (std::size_t i = 0; i < parts_->scopes.size(); ++i) {
    const auto scope = static_cast<scope_number>(i);
    if (!parts_->scopes[i].retired() && !loaded_[scope]) load(scope);
  }
}

void breaker_loader::look_at_records(const breaker_board& board) {
  const auto count = parts_->scopes.size();
  std::size_t asked = 0;
  for (std::size_t looks = 0; looks < count && asked < records_a_second; ++looks) {
    const auto scope = static_cast<scope_number>(turn_++ % count);
    if (parts_->scopes[scope].retired() || !loaded_[scope]) continue;
    if (board.state(scope) == breaker_state::closed && !unreadable_[scope]) continue;
    load(scope);
    ++asked;
  }
}

bool breaker_loader::known(scope_number scope) {
  unreadable_[scope] = false;
  return !std::exchange(loaded_[scope], true);
}

bool breaker_loader::unreadable(const breaker_loaded& answer) {
  if (!std::exchange(unreadable_[answer.scope], true)) {
    log::error("breaker_unreadable",
               {{"scope", parts_->scopes[answer.scope].name}, {"detail", answer.record.error().detail}});
  }
  return !std::exchange(loaded_[answer.scope], true);
}

}  // namespace dispatch
