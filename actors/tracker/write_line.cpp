#include "actors/tracker/write_line.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {

std::optional<write_line::left> write_line::begin(epoch_ms wall, time_point now) {
  retrying_ = false;
  if (!aside_.empty()) {
    auto again = aside_.take(now);
    retrying_ = !again.empty();
    writing_.content = retrying_ ? std::move(again.content) : nullptr;
    writing_.tags = std::move(again.tags);
  }
  if (!retrying_) {
    if (builder_.empty()) return std::nullopt;
    writing_ = builder_.seal(wall);
  }
  if (!retrying_ && !aside_.empty()) {
    tagged_checkpoint what{writing_.content, std::move(writing_.tags)};
    const bool some = what.holds_any(aside_.units());
    if (some) put_aside(take_out(what, aside_.units()), false);
    const bool nothing = some && what.empty();
    writing_.content = std::move(what.content);
    writing_.tags = std::move(what.tags);
    if (nothing) return over();
  }
  ++sequence_;
  return std::nullopt;
}

write_line::left write_line::written(time_point now) {
  if (retrying_) writing_.recipients = aside_.written(writing_.tags, now);
  return over();
}

std::optional<write_line::left> write_line::leave_out(const unusable_parts& unusable, time_point now) {
  tagged_checkpoint what{writing_.content, std::move(writing_.tags)};
  auto away = take_out(what, units_needing(what, unusable));
  if (retrying_) {
    aside_.put_back(std::move(away), now);
  } else {
    put_aside(std::move(away), !unusable.jobs.empty());
  }
  const bool nothing = what.empty();
  writing_.content = std::move(what.content);
  writing_.tags = std::move(what.tags);
  if (!nothing) return std::nullopt;
  --sequence_;
  return over();
}

// It counts as settled all the same: how far the intake may read ahead is not to hang on it.
void write_line::put_aside(tagged_checkpoint&& what, bool held) {
  const auto most = config_->engine.max_in_flight;
  writing_.recipients -= std::min(writing_.recipients, what.recipients());
  // A lost mark costs one more send; one before its event could cost the event.
  if (!what.content->tokens.empty()) writing_.dead = {};
  writing_.recipients += aside_.add(std::move(what), held || aside_.recipients() > most / 4, most);
}

write_line::left write_line::over() {
  left out{{writing_.recipients, writing_.settled, writing_.suspects}, std::move(writing_.dead)};
  writing_ = {};
  return out;
}

}  // namespace dispatch
