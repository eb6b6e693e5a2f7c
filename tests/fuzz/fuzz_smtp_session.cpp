// libFuzzer over an SMTP server: fuzz_smtp_session tests/fuzz/corpus/smtp_session -max_len=4096
//
// First byte: how TLS begins, and how long the pieces are in which the rest, what the server says, arrives.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/fuzz/require.hpp"
#include "transport/smtp/client_session.hpp"

namespace {

using dispatch::smtp::client_session;
using dispatch::smtp::protection;
using dispatch::smtp::session_options;
using dispatch::test::require;
using phase = client_session::phase;

constexpr std::string_view secret = "c2VjcmV0";                // LOGIN's form of the password
constexpr std::string_view plain_secret = "AHVzZXIAc2VjcmV0";  // PLAIN's
constexpr std::string_view message = "Subject: a\r\n\r\n.\r\n";

class client {
 public:
  explicit client(protection how) : is_protected_(how == protection::implicit), session_(options(how)) {}

  void hear(std::string_view bytes) {
    const bool was_over = session_.state() == phase::over;
    session_.receive(bytes);
    if (was_over) require(session_.state() == phase::over, "back from the dead");
    collect();
    if (const auto end = session_.take_end()) {
      require(started_, "an answer to no message");
      require(end->refused.empty() == (end->code / 100 == 2), "neither taken nor refused");
      require(!end->refused.empty() || session_.may_have_been_taken(), "taken before it was sent");
      started_ = false;
    }
    if (session_.state() == phase::over) return;
    if (session_.state() == phase::handshake) {
      is_protected_ = true;
      session_.secured();
      collect();
    }
    if (session_.state() == phase::idle) {
      require(is_protected_, "logged in without TLS");
      require(!started_, "idle with a message under way");
      started_ = true;
      session_.start("ada@example.com", message);
      collect();
    }
  }

 private:
  static session_options options(protection how) {
    session_options made;
    made.how = how;
    made.helo_name = "client";
    made.sender = "from@example.com";
    made.username = "user";
    made.password = "secret";
    return made;
  }

  void collect() {
    std::string out;
    session_.collect(out);
    require(out.empty() || session_.state() != phase::over, "words after the end");
    require(out.empty() || out.ends_with("\r\n"), "half a line");
    const bool shown = out.find(secret) != out.npos || out.find(plain_secret) != out.npos;
    require(!shown || is_protected_, "the password without TLS");
  }

  bool is_protected_;
  client_session session_;
  bool started_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr protection ways[] = {protection::starttls, protection::implicit, protection::none};
  client it(ways[data[0] % 3]);
  // Zero: line by line, as an honest server answers.
  const std::size_t step = data[0] / 3 % 16;
  while (!bytes.empty()) {
    const auto line = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
    const auto piece = step == 0 ? line : std::min(step, bytes.size());
    it.hear(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
  }
  return 0;
}
