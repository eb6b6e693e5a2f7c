#include "apps/sandbox/worker.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

namespace dispatch::sandbox {
namespace asio = boost::asio;

worker::worker(shared_state& shared, ledger_file& ledger, asio::ssl::context& tls)
    : shared_(shared),
      tls_(tls),
      work_(asio::make_work_guard(io_)),
      delay_timer_(io_),
      responder_(shared),
      lines_(ledger) {}

worker::~worker() = default;

void worker::stop() {
  asio::post(io_, [this] {
    for_each([](connection& each) { each.close(false); });
    end_turn();
    io_.stop();
  });
}

void worker::run() {
  while (io_.run_one() > 0) {
    for (int handled = 1; handled < handlers_per_turn && io_.poll_one() > 0; ++handled) {
    }
    end_turn();
  }
}

void worker::end_turn() {
  lines_.flush();
  flushing_.swap(dirty_);
  for (auto& each : flushing_) {
    each->clear_dirty();
    each->flush();
  }
  flushing_.clear();
  lines_.flush();
}

void worker::adopt(asio::ip::tcp::socket socket) {
  const auto id = shared_.next_connection.fetch_add(1, std::memory_order_relaxed);
  auto made = std::make_shared<connection>(*this, std::move(socket), id);
  connections_.emplace(id, made);
  made->start();
}

void worker::for_each(const std::function<void(connection&)>& visit) {
  // A visit may close, and so forget, the connection.
  std::vector<std::shared_ptr<connection>> all;
  all.reserve(connections_.size());
  for (auto& [id, each] : connections_) all.push_back(each);
  for (auto& each : all) visit(*each);
}

moment worker::now() const {
  using namespace std::chrono;
  return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count(), steady_clock::now()};
}

bool worker::wait(delayed_answer entry) {
  if (!delays_.push(entry)) return false;
  arm_delay_timer();
  return true;
}

void worker::arm_delay_timer() {
  const auto due = delays_.next_due();
  if (!due || *due >= armed_for_) return;
  armed_for_ = *due;
  delay_timer_.expires_at(*due);
  delay_timer_.async_wait([this](auto error) {
    if (error) return;  // armed anew for something earlier
    armed_for_ = steady_time::max();
    release_due();
  });
}

void worker::release_due() {
  const auto now = std::chrono::steady_clock::now();
  while (auto due = delays_.pop_due(now)) {
    const auto found = connections_.find(due->connection);
    if (found != connections_.end()) found->second->release(due->stream);
  }
  arm_delay_timer();
}

void worker::wants_flush(connection& which) {
  if (which.mark_dirty()) dirty_.push_back(which.shared_from_this());
}

void worker::forget(std::uint64_t id) {
  connections_.erase(id);
}

}  // namespace dispatch::sandbox
