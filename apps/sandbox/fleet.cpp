#include "apps/sandbox/fleet.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <future>

#include "apps/sandbox/complain.hpp"

namespace dispatch::sandbox {
namespace asio = boost::asio;

fleet::fleet(shared_state& shared, ledger_file& ledger, asio::ssl::context& tls, std::size_t threads,
             const asio::ip::tcp::endpoint& at, asio::ssl::context& http1_tls)
    : shared_(shared) {
  for (std::size_t i = 0; i < threads; ++i) workers_.push_back(std::make_unique<worker>(shared, ledger, tls));
  listener_ = std::make_unique<listener>(workers_, at);
  http1_ = std::make_unique<http1_receiver>(*workers_.front(), http1_tls,
                                            asio::ip::tcp::endpoint(at.address(), 0));
}

fleet::~fleet() {
  stop();
}

void fleet::start() {
  asio::post(workers_.front()->context(), [this] {
    listener_->open();
    http1_->open();
  });
  for (auto& each : workers_) {
    threads_.emplace_back([&one = *each] {
      try {
        one.run();
      } catch (const std::exception& error) {
        // Most likely the ledger's disk: an answer without its line must never get out.
        complain(error.what());
        ::_exit(1);
      }
    });
  }
}

void fleet::stop() {
  if (threads_.empty()) return;
  everywhere([this](worker& each) {
    if (&each != workers_.front().get()) return;
    listener_->close();
    http1_->close();
  });
  for (auto& each : workers_) each->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void fleet::everywhere(const std::function<void(worker&)>& job) {
  for (auto& each : workers_) {
    std::promise<void> done;
    asio::post(each->context(), [&] {
      job(*each);
      done.set_value();
    });
    done.get_future().wait();
  }
}

void fleet::go_away(goaway_mode mode) {
  everywhere([&](worker& each) { each.for_each([&](connection& one) { one.go_away(mode); }); });
}

void fleet::limit_streams(std::uint32_t at_most) {
  shared_.max_concurrent_streams = at_most;
  everywhere([&](worker& each) { each.for_each([&](connection& one) { one.limit_streams(at_most); }); });
}

void fleet::drop() {
  everywhere([](worker& each) { each.for_each([](connection& one) { one.close(true); }); });
}

bool fleet::accept(bool enabled) {
  bool good = true;
  everywhere([&](worker& each) {
    if (&each != workers_.front().get()) return;
    try {
      enabled ? listener_->open() : listener_->close();
    } catch (const boost::system::system_error&) {
      good = false;
    }
  });
  return good;
}

void fleet::flush_ledger() {
  everywhere([](worker& each) { each.flush_ledger(); });
}

}  // namespace dispatch::sandbox
