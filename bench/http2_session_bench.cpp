// What HTTP/2 itself costs a push, without TLS and sockets: its request as HPACK and frames, and its answer
// read. As many streams as a connection has, headers and body as scripts/bench sends them.

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "bench/allocations.hpp"
#include "transport/http2/client_session.hpp"

namespace {

using namespace dispatch;
using bench::allocation_counter;

constexpr std::uint32_t streams = 100;
constexpr std::size_t body_bytes = 402, token_bytes = 1'024;
constexpr std::uint32_t window = (1u << 31) - 1;

// Frame types and flags of RFC 9113, section 6.
constexpr std::uint8_t headers = 1, settings = 4, window_update = 8, end_stream = 1, end_headers = 4;

void append_number(std::string& out, std::uint32_t value, unsigned bytes) {
  while (bytes-- > 0) out.push_back(static_cast<char>((value >> (8 * bytes)) & 0xff));
}

void append_frame(std::string& out, std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  const std::string& payload) {
  append_number(out, static_cast<std::uint32_t>(payload.size()), 3);
  append_number(out, type, 1);
  append_number(out, flags, 1);
  append_number(out, stream, 4);
  out.append(payload);
}

bool feed(http2::client_session& to, const std::string& bytes) {
  return to.receive({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

http2::request push(std::uint32_t number) {
  http2::request call;
  call.shared = std::make_shared<header_list>(header_list{
      {"authorization", "Bearer " + std::string(token_bytes, 't')}, {"content-type", "application/json"}});
  call.path = "/v1/projects/sandbox-project/messages:send";
  call.body.assign(body_bytes, static_cast<char>('a' + number % 26));
  return call;
}

void http2_session(benchmark::State& state) {
  http2::session_options options;
  options.authority = "fcm.googleapis.com";
  http2::client_session session(options);
  std::string hello, more_window;
  append_number(more_window, streams * body_bytes, 4);
  std::string stream_window;
  append_number(stream_window, 4, 2);  // SETTINGS_INITIAL_WINDOW_SIZE
  append_number(stream_window, window, 4);
  append_frame(hello, settings, 0, 0, stream_window);
  if (!feed(session, hello)) return state.SkipWithError("the session takes no settings");

  std::list<http2::exchange> pushes;
  for (std::uint32_t i = 0; i < streams; ++i) pushes.emplace_back(push(i));
  std::string out, answers;
  const allocation_counter count(state, streams);
  for (auto _ : state) {
    answers.clear();
    for (auto& each : pushes) {
      each.begin_attempt();
      session.start(each);
      append_frame(answers, headers, end_stream | end_headers, static_cast<std::uint32_t>(each.stream),
                   "\x88");
    }
    out.clear();
    session.collect(out);
    benchmark::DoNotOptimize(out);
    append_frame(answers, window_update, 0, 0, more_window);
    if (!feed(session, answers) || session.ended().size() != streams)
      return state.SkipWithError("not every push was answered");
    session.ended().clear();
  }
}

BENCHMARK(http2_session);

}  // namespace
