#include "tests/support/fake_token_store.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {
namespace {

store_error error(store_error::code what, const char* detail) {
  return {what, detail};
}

}  // namespace

bool fake_token_store::any() const noexcept {
  return std::any_of(world_->suppressed.begin(), world_->suppressed.end(),
                     [this](const auto& mark) { return mark.second > world_->now; });
}

void fake_token_store::suppressed(std::vector<token_fingerprint> tokens,
                                  store_callback<std::vector<epoch_ms>> callback) {
  world_->post([this, tokens = std::move(tokens), callback = std::move(callback)] {
    if (tokens.size() > max_at_once) return callback(error(store_error::code::refused, "too many"));
    if (!world_->available) return callback(error(store_error::code::unavailable, "away"));
    if (world_->token_look_ups_fail)
      return callback(error(*world_->token_look_ups_fail, "as the test wants"));
    world_->tokens_looked_up += tokens.size();
    std::vector<epoch_ms> ends;
    for (const auto& token : tokens) {
      const auto found = world_->suppressed.find(token);
      const bool holds = found != world_->suppressed.end() && found->second > world_->now;
      ends.push_back(holds ? found->second : epoch_ms{0});
    }
    callback(std::move(ends));
  });
}

void fake_token_store::suppress(std::vector<suppress_mark> marks, store_callback<nothing> callback) {
  world_->post([this, marks = std::move(marks), callback = std::move(callback)] {
    if (marks.size() > max_at_once) return callback(error(store_error::code::refused, "too many"));
    if (epoch_ == 0) return callback(error(store_error::code::refused, "no epoch acquired yet"));
    if (!world_->available) return callback(error(store_error::code::unavailable, "away"));
    if (!owns_its_epoch()) return callback(error(store_error::code::fenced, "another process took over"));
    for (const auto& [token, ttl, endpoint] : marks) {
      if (ttl.count() > 0) {
        world_->suppressed[token] = world_->now + ttl;
        if (!endpoint.empty()) world_->hashes["endpoints"][token.text()] = endpoint;
      } else {
        world_->suppressed.erase(token);
        world_->hashes["endpoints"].erase(token.text());
      }
    }
    callback(nothing());
  });
}

bool fake_token_store::owns_its_epoch() const {
  const auto owner = world_->owners.find(consumer_);
  return owner != world_->owners.end() && owner->second.epoch == epoch_;
}

}  // namespace dispatch
