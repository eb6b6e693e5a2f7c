#include "transport/http2/reconnect_backoff.hpp"

#include <algorithm>

namespace dispatch::http2 {

void reconnect_backoff::failed(clock::time_point now, double random) {
  const auto doubled = base_ * (1LL << std::min(failures_, 20U));
  const auto span = std::min<std::chrono::milliseconds>(doubled, cap_);
  ++failures_;
  const auto wait = std::chrono::duration<double, std::milli>(static_cast<double>(span.count()) * random);
  // Several connections may fail together: the latest wait holds for all of them.
  next_ = std::max(next_, now + std::chrono::duration_cast<clock::duration>(wait));
}

void reconnect_backoff::succeeded() noexcept {
  failures_ = 0;
  next_ = {};
}

}  // namespace dispatch::http2
