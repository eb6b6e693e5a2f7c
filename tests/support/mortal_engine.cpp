#include "tests/support/mortal_engine.hpp"

#include <stdexcept>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr auto tick_length = 5ms;

}  // namespace

mortal_engine::mortal_engine(std::chrono::milliseconds latency, std::function<void(settings&)> change)
    : latency_(latency), change_(std::move(change)) {
  start();
}

mortal_engine::~mortal_engine() {
  engine_.reset();
}

void mortal_engine::start() {
  engine_ = std::make_unique<virtual_engine>(shared_, "life-" + std::to_string(deaths_ + 1),
                                             [this](settings& config) {
                                               config.engine.lease = 1s;
                                               config.engine.takeover_scan = 1s;
                                               if (change_) change_(config);
                                             });
  engine_->fcm().latency = latency_;
  engine_->fcm().answer = [this](const seen_request& request) {
    if (!request.token.starts_with(poison)) return scripted_channel::status(200);
    dies_at_ = shared_.time->wall() + (when_answered ? latency_ : 0ms);
    return scripted_channel::status(0);
  };
}

void mortal_engine::kill() {
  ++deaths_;
  dies_at_.reset();
  graveyard_.push_back(engine_->store());
  engine_.reset();
  start();
}

// One message at a time: a process that dies has done nothing more.
void mortal_engine::step() {
  shared_.time->advance(tick_length);
  shared_.redis->advance(tick_length);
  passed_ += tick_length;
  engine_->timers(tick_length);
  bool busy = true;
  for (int rounds = 0; busy; ++rounds) {
    if (rounds > 1'000'000) throw std::runtime_error("the engine does not come to rest");
    if (dies_at_ && *dies_at_ <= shared_.time->wall()) kill();
    busy = engine_->run_actors(1);
    if (dies_at_ && *dies_at_ <= shared_.time->wall()) continue;
    shared_.redis->run();
    busy = engine_->run_providers() || busy;
  }
}

bool mortal_engine::run_until(const std::function<bool()>& done, std::chrono::milliseconds most) {
  for (const auto end = passed_ + most; passed_ < end;) {
    if (done()) return true;
    step();
  }
  return done();
}

std::set<std::string> mortal_engine::delivered() const {
  std::set<std::string> tokens;
  for (const auto& row : ledger()) {
    if (row.status == 200) tokens.insert(row.token);
  }
  return tokens;
}

}  // namespace dispatch
