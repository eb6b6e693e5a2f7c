#include "pool_harness.hpp"

#include <algorithm>
#include <thread>

namespace dispatch::http2::test {

const certificate_authority& authority() {
  static const certificate_authority made;
  return made;
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

pool_harness::pool_harness(const h2_test_server& server, const std::function<void(pool_options&)>& adjust)
    : pool_harness("https://localhost:" + std::to_string(server.port()), adjust) {}

pool_harness::pool_harness(const std::string& endpoint, const std::function<void(pool_options&)>& adjust) {
  pool_options options;
  options.endpoint = endpoint;
  options.ca_file = authority().file();
  options.reconnect_base = 10ms;
  options.reconnect_cap = 100ms;
  if (adjust) adjust(options);
  pool_callbacks callbacks;
  callbacks.completed = [this](std::vector<completion>&& batch) { told(std::move(batch)); };
  callbacks.event = [this](connection_event what, const std::string& detail) {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(what, detail);
    changed_.notify_all();
  };
  pool_ = std::make_unique<pool>(thread_, options, std::move(callbacks));
}

pool_harness::~pool_harness() {
  destroy_pool();
  EXPECT_FALSE(twice_) << "a request was completed twice, or one that nobody submitted";
}

void pool_harness::destroy_pool() {
  thread_.run([this] { pool_.reset(); });
}

void pool_harness::submit(std::size_t count, std::chrono::milliseconds deadline, std::string path,
                          std::string body, dispatch::lane lane) {
  std::vector<request> batch(count);
  for (auto& each : batch) {
    each.path = path;
    each.body = body;
    each.lane = lane;
    each.deadline = std::chrono::steady_clock::now() + deadline;
  }
  submit(std::move(batch));
}

void pool_harness::submit(std::vector<request>&& batch) {
  static const auto shared = std::make_shared<const header_list>(header_list{{"authorization", "bearer x"}});
  {
    const std::lock_guard lock(mutex_);
    submitted_ += batch.size();
    for (auto& each : batch) {
      each.correlation = next_++;
      each.shared = shared;
      each.own.emplace_back("x-number", std::to_string(each.correlation));
    }
  }
  auto moved = std::make_shared<std::vector<request>>(std::move(batch));
  thread_.post([this, moved] { pool_->submit(std::move(*moved)); });
}

void pool_harness::on_thread(const std::function<void(pool&)>& task) {
  thread_.run([&] { task(*pool_); });
}

pool_stats pool_harness::stats() {
  pool_stats out;
  on_thread([&](pool& it) { out = it.stats(); });
  return out;
}

void pool_harness::told(std::vector<completion>&& batch) {
  const std::lock_guard lock(mutex_);
  if (batch.empty()) twice_ = true;
  for (auto& each : batch) {
    if (each.correlation == 0 || each.correlation >= next_) twice_ = true;
    order_.push_back(each.correlation);
    const auto correlation = each.correlation;
    if (!completions_.emplace(correlation, std::move(each)).second) twice_ = true;
  }
  changed_.notify_all();
}

bool pool_harness::wait_for(std::size_t completions, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return completions_.size() >= completions; });
}

void pool_harness::expect_all(std::chrono::milliseconds limit) {
  EXPECT_TRUE(wait_for(submitted(), limit)) << completed() << " of " << submitted() << " completed";
  const auto now = stats();
  EXPECT_EQ(now.in_flight, 0U);
  EXPECT_EQ(now.waiting, 0U);
}

std::size_t pool_harness::submitted() const {
  const std::lock_guard lock(mutex_);
  return submitted_;
}

std::size_t pool_harness::completed() const {
  const std::lock_guard lock(mutex_);
  return completions_.size();
}

std::size_t pool_harness::count(failure how) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(completions_.begin(), completions_.end(),
                    [&](const auto& each) { return each.second.failure == how; }));
}

std::size_t pool_harness::count_status(int status) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(completions_.begin(), completions_.end(),
                    [&](const auto& each) { return each.second.status == status; }));
}

std::size_t pool_harness::events(connection_event what) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(events_.begin(), events_.end(), [&](const auto& each) { return each.first == what; }));
}

std::string pool_harness::last_detail() const {
  const std::lock_guard lock(mutex_);
  return events_.empty() ? "" : events_.back().second;
}

std::string pool_harness::details(connection_event what) const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const auto& [kind, detail] : events_)
    if (kind == what) all += detail + "; ";
  return all;
}

completion pool_harness::only() {
  expect_all();
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(completions_.size(), 1U);
  return completions_.empty() ? completion{} : completions_.begin()->second;
}

std::vector<std::uint64_t> pool_harness::order() const {
  const std::lock_guard lock(mutex_);
  return order_;
}

const completion* pool_harness::find(std::uint64_t correlation) const {
  const std::lock_guard lock(mutex_);
  const auto found = completions_.find(correlation);
  return found == completions_.end() ? nullptr : &found->second;
}

}  // namespace dispatch::http2::test
