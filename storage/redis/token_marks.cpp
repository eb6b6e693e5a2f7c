#include "storage/redis/token_marks.hpp"

#include <memory>
#include <string>
#include <utility>

namespace dispatch::redis {
namespace {

store_error too_many() {
  return {store_error::code::refused, "too many tokens at once"};
}

}  // namespace

void token_marks::suppressed(std::vector<token_fingerprint> tokens,
                             store_callback<std::vector<epoch_ms>> callback) {
  loop_.post([this, tokens = std::move(tokens), callback = std::move(callback)]() mutable {
    if (tokens.size() > max_at_once) return callback(too_many());
    if (tokens.empty()) return callback(std::vector<epoch_ms>());
    look_up(tokens, std::move(callback));
  });
}

void token_marks::look_up(const std::vector<token_fingerprint>& tokens,
                          store_callback<std::vector<epoch_ms>> callback) {
  command ask("MGET", keys_.suppressed());
  for (const auto& token : tokens) ask.add(keys_.suppressed(token));
  link_.send(ask, [this, size = tokens.size(), callback = std::move(callback)](std::optional<reply> got) {
    if (!got || got->is_error() || got->size() != size + 1) {
      return scripts_.fail(link_, got && got->is_error() ? &*got : nullptr,
                           [callback](store_result<reply> why) { callback(why.error()); });
    }
    sampled(!got->at(0).is_nil());
    std::vector<epoch_ms> ends;
    ends.reserve(size);
    for (std::size_t i = 1; i <= size; ++i) ends.emplace_back(got->at(i).as_integer());
    callback(std::move(ends));
  });
}

void token_marks::suppress(std::vector<suppress_mark> marks, store_callback<nothing> callback) {
  loop_.post([this, marks = std::move(marks), callback = std::move(callback)]() mutable {
    if (marks.size() > max_at_once) return callback(too_many());
    if (who_.epoch == 0) {
      return scripts_.later(std::chrono::milliseconds(20), [callback = std::move(callback)] {
        callback(store_error{store_error::code::refused, "no epoch acquired yet"});
      });
    }
    if (marks.empty()) return callback(nothing());
    mark(marks, std::move(callback));
  });
}

void token_marks::mark(const std::vector<suppress_mark>& marks, store_callback<nothing> callback) {
  script_arguments to(keys_, who_);
  to.key(keys_.suppressed());
  to.key(keys_.endpoints());
  for (const auto& one : marks) {
    to.key(keys_.suppressed(one.token));
    to.arg(std::max<std::int64_t>(one.ttl.count(), 0));
    to.arg(one.endpoint);
  }
  sampled(true);
  scripts_.run(script::suppress, to.finish(),
               [this, callback = std::move(callback)](store_result<reply> answer) {
                 // A look-up that was under way may have said that there is nothing.
                 sampled(true);
                 if (!answer) return callback(answer.error());
                 callback(nothing());
               });
}

}  // namespace dispatch::redis
