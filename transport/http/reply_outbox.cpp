#include "transport/http/reply_outbox.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "transport/http/connections.hpp"

namespace dispatch::http_connections {

void reply_outbox::push(const std::weak_ptr<session>& to, std::uint64_t number, http_response response) {
  if (where_.running_in_this_thread()) {
    if (const auto alive = to.lock()) alive->answer(number, std::move(response));
    return;
  }
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = waiting_.empty();
    waiting_.push_back({to, number, std::move(response)});
  }
  if (first) boost::asio::post(where_, [self = shared_from_this()] { self->drain(); });
}

void reply_outbox::drain() {
  std::vector<reply> now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(waiting_);
  }
  for (auto& each : now)
    if (const auto alive = each.to.lock()) alive->answer(each.number, std::move(each.response));
}

}  // namespace dispatch::http_connections
