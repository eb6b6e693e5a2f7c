#include "transport/http2/pool.hpp"

#include <utility>

#include "transport/http2/pool_state.hpp"
#include "transport/io_thread.hpp"

namespace dispatch::http2 {

pool::pool(io_thread& thread, pool_options options, pool_callbacks callbacks)
    : state_(std::make_shared<state>(thread.context(), std::move(options), std::move(callbacks))) {}

pool::~pool() {
  state_->close();
}

void pool::submit(std::vector<request>&& requests) {
  state_->submit(std::move(requests));
}
void pool::recall() {
  state_->recall();
}
void pool::warm_up() {
  state_->warm_up();
}
void pool::renew_connections() {
  state_->renew_connections();
}
void pool::use_identity(std::shared_ptr<const client_identity> identity) {
  state_->use_identity(std::move(identity));
}
void pool::drain() {
  state_->drain();
}
pool_stats pool::stats() const noexcept {
  return state_->stats();
}

}  // namespace dispatch::http2
