#pragma once

// A pool on its io thread, and what it told.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/h2_test_server.hpp"
#include "transport/http2/pool.hpp"
#include "transport/io_thread.hpp"

namespace dispatch::http2::test {

using dispatch::test::certificate_authority;
using dispatch::test::h2_request;
using dispatch::test::h2_server_options;
using dispatch::test::h2_test_server;
using namespace std::chrono_literals;
using connection_ptr = h2_test_server::connection_ptr;

/// One authority for the whole program: making keys takes a while.
const certificate_authority& authority();

/// Polls `condition`, which other threads make true; false when it is not after `limit`.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = 10s);

class pool_harness {
 public:
  explicit pool_harness(const h2_test_server& server, const std::function<void(pool_options&)>& adjust = {});
  explicit pool_harness(const std::string& endpoint, const std::function<void(pool_options&)>& adjust = {});
  ~pool_harness();

  void submit(std::size_t count, std::chrono::milliseconds deadline = 10s, std::string path = "/",
              std::string body = "{}", dispatch::lane lane = dispatch::lane::normal);
  void submit(std::vector<request>&& batch);
  void on_thread(const std::function<void(pool&)>& task);
  void destroy_pool();
  pool_stats stats();

  /// All submitted so far; fails the test when they do not come.
  void expect_all(std::chrono::milliseconds limit = 15s);
  bool wait_for(std::size_t completions, std::chrono::milliseconds limit = 15s);

  std::size_t submitted() const;
  std::size_t completed() const;
  std::size_t count(failure how) const;
  std::size_t count_status(int status) const;
  std::size_t events(connection_event what) const;
  std::string last_detail() const;
  std::string details(connection_event what) const;  ///< of all such events, for a failure's message
  completion only();                                 ///< of the only request
  std::vector<std::uint64_t> order() const;          ///< correlations as they completed
  const completion* find(std::uint64_t correlation) const;

 private:
  void told(std::vector<completion>&& batch);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, completion> completions_;
  std::vector<std::uint64_t> order_;
  std::vector<std::pair<connection_event, std::string>> events_;
  std::size_t submitted_ = 0;
  std::uint64_t next_ = 1;
  bool twice_ = false;
  io_thread thread_{"test-io"};
  std::unique_ptr<pool> pool_;
};

}  // namespace dispatch::http2::test
