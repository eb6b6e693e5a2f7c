// libFuzzer over a connection's bytes, head and body: fuzz_http_request tests/fuzz/corpus/http_request
//
// The first byte says how the rest is cut into pieces: however it comes in, the same requests must come out.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth/credential_table.hpp"
#include "tests/fuzz/require.hpp"
#include "transport/http/request_reader.hpp"

namespace {

using namespace dispatch;
using dispatch::test::require;

constexpr reader_limits limits{.head = 1'024, .headers = 20, .body = 2'048};

struct reading {
  std::vector<std::string> requests;  ///< as texts
  int status = 0;                     ///< 0: not refused
};

std::string as_text(const http_request& request) {
  auto text = request.method + '\n' + request.target + '\n';
  for (const auto& [name, value] : request.headers) text.append(name).append(":").append(value).append("\n");
  return text + '\n' + request.body;
}

/// Nothing that is read may be taken for a known caller's.
void check_request(const http_request& request) {
  require(request.body.size() <= limits.body, "a body over its limit");
  require(request.headers.size() <= limits.headers, "too many headers");
  for (const auto& [name, value] : request.headers) {
    require(
        !name.empty() && std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
        "a header's name that is not in lower case");
    require(value.find_first_of("\r\n") == value.npos && value.find('\0') == value.npos,
            "a line break in a header");
  }
  static const authenticator nobody(std::make_shared<const credential_table>());
  const auto checked =
      nobody.check(request, std::chrono::system_clock::time_point{std::chrono::seconds{1'795'435'200}});
  require(std::holds_alternative<auth_problem>(checked), "somebody got in");
}

reading read_in_pieces(std::string_view bytes, std::size_t piece) {
  reading result;
  request_reader reader(limits);
  std::string waiting;
  while (result.status == 0) {
    const auto step_bytes = std::min(piece, bytes.size());
    waiting += bytes.substr(0, step_bytes);
    bytes.remove_prefix(step_bytes);
    std::string_view unread = waiting;
    auto step = request_reader::step::head;
    while (step == request_reader::step::head || step == request_reader::step::done) {
      step = reader.read(unread);
      if (step == request_reader::step::done) {
        const auto request = reader.take();
        check_request(request);
        result.requests.push_back(as_text(request));
      }
    }
    if (step == request_reader::step::refused) result.status = reader.status();
    waiting.erase(0, waiting.size() - unread.size());
    require(waiting.size() <= limits.head + limits.body + piece, "unread bytes pile up");
    if (step_bytes == 0) break;
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read_in_pieces(bytes, std::max<std::size_t>(bytes.size(), 1));
  const auto pieces = read_in_pieces(bytes, data[0] % 16 + 1u);
  require(whole.requests == pieces.requests, "other requests in other pieces");
  require(whole.status == pieces.status, "another refusal in other pieces");
  require(whole.status == 0 || (whole.status >= 400 && whole.status != 500 && whole.status < 600),
          "a refusal without a status");
  return 0;
}
