// Requests per second of the HTTP/2 pool against a server of your choice, to be held against
//   h2load -c 2 -m 100 -t 1 -n N -d BODY -H 'authorization: bearer ...' https://127.0.0.1:PORT/
// which sends the same. Usage:
//   http2_client_bench https://127.0.0.1:PORT CA_FILE REQUESTS [CONNECTIONS [STREAMS [literal]]]
// literal: authorization in full with every request, as h2load has it, instead of by its index.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "transport/http2/pool.hpp"
#include "transport/io_thread.hpp"

namespace {

namespace http2 = dispatch::http2;
using clock_type = std::chrono::steady_clock;

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct run {
  std::size_t total;
  std::size_t window;
  std::size_t submitted = 0;
  std::size_t answered = 0;
  std::size_t failed = 0;
  std::shared_ptr<const dispatch::header_list> shared;
  std::string body = std::string(402, 'x');
  http2::pool* pool = nullptr;
  std::promise<void> finished;

  void submit(std::size_t count) {
    std::vector<dispatch::provider_request> batch;
    batch.reserve(count);
    const auto deadline = clock_type::now() + std::chrono::seconds(15);
    for (; count != 0 && submitted != total; --count) {
      auto& request = batch.emplace_back();
      request.correlation = ++submitted;
      request.shared = shared;
      request.path = "/";
      request.body = body;
      request.deadline = deadline;
    }
    if (!batch.empty()) pool->submit(std::move(batch));
  }

  void completed(const std::vector<dispatch::provider_answer>& batch) {
    for (const auto& each : batch)
      if (each.failure != dispatch::send_failure::none || each.status != 200) ++failed;
    answered += batch.size();
    submit(batch.size());
    if (answered == total) finished.set_value();
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s https://HOST:PORT CA_FILE REQUESTS [CONNECTIONS [STREAMS [literal]]]\n",
                 argv[0]);
    return 2;
  }
  http2::pool_options options;
  options.endpoint = argv[1];
  options.ca_file = argv[2];
  if (argc > 4) options.max_connections = std::strtoul(argv[4], nullptr, 10);
  if (argc > 5) options.max_streams = std::strtoul(argv[5], nullptr, 10);
  options.index_path_and_authorization = argc <= 6;

  run state;
  state.total = std::strtoul(argv[3], nullptr, 10);
  state.window = options.max_connections * options.max_streams;
  state.shared = std::make_shared<dispatch::header_list>(
      dispatch::header_list{{"authorization", "bearer " + std::string(1024, 'a')}, {"user-agent", "bench"}});

  dispatch::io_thread thread("bench-io");
  http2::pool_callbacks callbacks;
  callbacks.completed = [&](std::vector<dispatch::provider_answer>&& batch) { state.completed(batch); };
  callbacks.event = [](dispatch::connection_event what, const std::string& detail) {
    if (what != dispatch::connection_event::connected)
      std::fprintf(stderr, "event %d: %s\n", static_cast<int>(what), detail.c_str());
  };
  auto pool = std::make_unique<http2::pool>(thread, options, callbacks);
  state.pool = pool.get();
  const auto begin = clock_type::now();
  const auto cpu = cpu_seconds();
  thread.run([&] { state.submit(state.window); });
  state.finished.get_future().wait();
  const auto seconds = std::chrono::duration<double>(clock_type::now() - begin).count();
  const auto used = cpu_seconds() - cpu;
  const auto total = static_cast<double>(state.total);
  std::printf("%.0f req/s, %.2f us CPU per request, %zu failed\n", total / seconds, used * 1e6 / total,
              state.failed);
  thread.run([&] { pool.reset(); });
  return state.failed == 0 ? 0 : 1;
}
