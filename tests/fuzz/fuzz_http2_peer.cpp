// libFuzzer over what an HTTP/2 server sends: fuzz_http2_peer tests/fuzz/corpus/http2_peer -max_len=4096
//
// First byte: how long the pieces are in which the rest arrives, after the server's SETTINGS.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "tests/fuzz/require.hpp"
#include "transport/http2/client_session.hpp"

namespace {

using namespace dispatch::http2;
using dispatch::test::require;

constexpr std::size_t most_answer_bytes = 100;
constexpr std::size_t requests = 4;
// SETTINGS without entries, and the acknowledgement of the client's.
constexpr std::uint8_t greeting[] = {0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0};

class one_connection {
 public:
  one_connection() : session_(options()) {
    collect();
    receive(greeting);
    while (running_.size() < requests && session_.room() > 0) start();
  }

  void receive(std::span<const std::uint8_t> bytes) {
    session_.receive(bytes);
    collect();
    for (const auto& each : session_.ended()) end(each);
    session_.ended().clear();
    (void)session_.take_goaway();
    (void)session_.take_ping_ack();
  }
  bool over() const { return session_.broken() || session_.finished(); }

 private:
  static session_options options() {
    session_options made;
    made.authority = "push.example";
    made.max_answer_bytes = most_answer_bytes;
    made.max_header_bytes = 1'024;
    return made;
  }

  void start() {
    request call;
    call.path = "/3/device/abc";
    call.body = "{}";
    session_.start(running_.emplace_back(std::move(call)));
    collect();
  }

  void end(const ended_stream& what) {
    const auto found = std::find_if(running_.begin(), running_.end(),
                                    [&](const exchange& each) { return &each == what.of; });
    require(found != running_.end(), "a stream ended twice");
    require(found->answer.size() <= most_answer_bytes, "an answer longer than its bound");
    if (what.how == stream_end::answered)
      require(found->status >= 200 && found->status <= 999, "an answer without a status");
    running_.erase(found);
  }

  void collect() {
    std::string out;
    session_.collect(out);
    require(out.size() < 1U << 20U, "a flood in answer to a few bytes");
  }

  std::list<exchange> running_;
  client_session session_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto step = std::size_t{1} + data[0];
  one_connection connection;
  for (std::size_t at = 1; at < size && !connection.over(); at += step)
    connection.receive({data + at, std::min(step, size - at)});
  return 0;
}
