// libFuzzer over what a server may send: fuzz_http2_session tests/fuzz/corpus/http2_session -max_len=4096
//
// First byte: bit 0: the rest is raw bytes of the connection; else it is a list of frames (type, flags,
// stream, length, payload, one byte each), which gets deeper. Bits 1 to 3: requests that are open. Bits 4 and
// 5: the size of their bodies. Bit 6: the input comes in slices of seven bytes; bit 7: of one.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <set>
#include <string>

#include "tests/fuzz/require.hpp"
#include "transport/http2/client_session.hpp"

namespace {

using namespace dispatch::http2;
using dispatch::test::require;

constexpr std::size_t max_answer = 64;

class conversation {
 public:
  explicit conversation(std::uint8_t choices) : body_bytes_(bodies[(choices >> 4) & 3]) {
    std::string settings;
    write_settings(settings, {{setting::max_concurrent_streams, 20}});
    receive(settings);
    for (int i = (choices >> 1) & 7; i > 0; --i) start();
  }

  void receive(std::string_view bytes) {
    session_.receive({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    look();
    if (session_.room() != 0 && started_ < 40) start();
    if (started_ % 5 == 4 && !open_.empty()) cancel();
    collect();
  }

 private:
  static session_options options() {
    session_options made;
    made.authority = "h";
    made.max_answer_bytes = max_answer;
    made.max_header_bytes = 2'048;
    return made;
  }

  void start() {
    if (session_.room() == 0) return;
    request call;
    call.path = "/";
    call.own = {{"a", std::to_string(started_)}};
    call.body.assign(body_bytes_, 'b');
    auto& x = exchanges_.emplace_back(std::move(call));
    session_.start(x);
    open_.insert(&x);
    ++started_;
  }

  void cancel() {
    auto* const x = *open_.begin();
    open_.erase(open_.begin());
    session_.cancel(*x);
    // Whoever still touches it is caught by the address sanitizer.
    exchanges_.remove_if([x](const exchange& each) { return &each == x; });
  }

  void look() {
    for (const auto& [x, how] : session_.ended()) {
      require(open_.erase(x) == 1, "a request ended that was not open");
      require(x->answer.size() <= max_answer, "an answer longer than allowed");
      require((x->status == 0) || (x->status >= 200 && x->status < 1'000), "not a final status");
      if (how == stream_end::answered) require(x->status != 0, "answered without a status");
      if (how == stream_end::refused || how == stream_end::unprocessed)
        require(x->status == 0, "a request sent again that was answered");
    }
    session_.ended().clear();
    require(session_.open() == open_.size(), "streams and requests differ");
    session_.take_goaway();
    session_.take_ping_ack();
  }

  /// What we send must be frames, and no larger than the peer can need.
  void collect() {
    std::string out;
    session_.collect(out);
    sent_ += out.size();
    require(sent_ < std::size_t{1} << 22, "an answer to everything");
    std::string_view rest = out;
    if (rest.starts_with(connection_preface)) rest.remove_prefix(connection_preface.size());
    frame_reader reader;
    std::span<const std::uint8_t> input{reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()};
    frame f;
    auto step = reader.next(input, f);
    while (step == frame_reader::step::frame) step = reader.next(input, f);
    require(step == frame_reader::step::more && input.empty(), "output that is no frame");
  }

  static constexpr std::size_t bodies[] = {0, 2, 400, 70'000};

  client_session session_{options()};
  std::size_t body_bytes_;
  std::list<exchange> exchanges_;
  std::set<exchange*> open_;
  int started_ = 0;
  std::size_t sent_ = 0;
};

std::string frames_of(std::string_view list) {
  std::string out;
  while (list.size() >= 4) {
    const auto byte = [&list](std::size_t at) { return static_cast<std::uint8_t>(list[at]); };
    const std::size_t length = std::min<std::size_t>(byte(3), list.size() - 4);
    out += std::string("\0\0", 2) + static_cast<char>(length) + list[0] + list[1] + std::string("\0\0\0", 3);
    out += list[2];
    out += list.substr(4, length);
    list.remove_prefix(4 + length);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto choices = data[0];
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((choices & 1) == 0) bytes = frames_of(bytes);
  conversation with(choices);
  const std::size_t slice = (choices & 0x80) != 0 ? 1 : (choices & 0x40) != 0 ? 7 : bytes.size();
  for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min(slice, rest.size())))
    with.receive(rest.substr(0, slice));
  return 0;
}
