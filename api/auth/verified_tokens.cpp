#include "api/auth/verified_tokens.hpp"

#include <utility>

namespace dispatch {

std::shared_ptr<const principal> verified_tokens::find(const credential_table& table, std::string_view token,
                                                       std::int64_t now) {
  if (of_.get() != &table || known_.empty()) return nullptr;
  const auto found = known_.find(sha256(token));
  if (found == known_.end()) return nullptr;
  const auto& good = found->second.good;
  // What is checked of times only ever gets better but for the end, unless the clock steps back.
  if (now >= good.until || now < good.seen) {
    by_use_.erase(found->second.used);
    known_.erase(found);
    return nullptr;
  }
  by_use_.splice(by_use_.begin(), by_use_, found->second.used);
  return good.who;
}

void verified_tokens::add(const std::shared_ptr<const credential_table>& table, std::string_view token,
                          entry good) {
  if (of_ != table) {
    known_.clear();
    by_use_.clear();
    of_ = table;
  }
  if (known_.size() >= max_tokens) {
    known_.erase(by_use_.back());
    by_use_.pop_back();
  }
  const auto digest = sha256(token);
  by_use_.push_front(digest);
  if (!known_.try_emplace(digest, place{std::move(good), by_use_.begin()}).second) by_use_.pop_front();
}

}  // namespace dispatch
