// libFuzzer over what a server sends in HTTP/1.1: fuzz_http_response tests/fuzz/corpus/http_response
//
// The first byte says how the rest is cut into pieces: however it comes in, the same answers must come out.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/require.hpp"
#include "transport/http1/response_reader.hpp"

namespace {

using namespace dispatch::http1;
using dispatch::test::require;

constexpr response_limits limits{.head = 1'024, .headers = 20, .body = 2'048, .informational = 3};

struct reading {
  std::vector<std::string> answers;  ///< as texts
  bool malformed = false;
};

std::string as_text(const response& answer) {
  auto text = std::to_string(answer.status) + (answer.reusable ? " reusable\n" : "\n");
  for (const auto& [name, value] : answer.headers) text.append(name).append(":").append(value).append("\n");
  return text + '\n' + answer.body;
}

void check(const response& answer) {
  require(answer.status >= 200 && answer.status <= 999, "an answer that is not final");
  require(answer.body.size() <= limits.body, "a body over its limit");
  require(answer.headers.size() <= limits.headers, "too many headers");
  for (const auto& [name, value] : answer.headers) {
    require(
        !name.empty() && std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
        "a header's name that is not in lower case");
    require(value.find_first_of("\r\n") == value.npos && value.find('\0') == value.npos,
            "a line break in a header");
  }
}

reading read_in_pieces(std::string_view bytes, std::size_t piece) {
  reading result;
  response_reader reader(limits);
  std::string waiting;
  auto next = response_reader::step::more;
  const auto take = [&] {
    auto answer = reader.take();
    check(answer);
    result.answers.push_back(as_text(answer));
    return answer.reusable;
  };
  while (!bytes.empty()) {
    waiting += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    std::string_view unread = waiting;
    while ((next = reader.read(unread)) == response_reader::step::done)
      if (!take()) return result;
    result.malformed = next == response_reader::step::malformed;
    if (result.malformed) return result;
    waiting.erase(0, waiting.size() - unread.size());
    require(waiting.size() <= limits.head + piece, "unread bytes pile up");
  }
  if (reader.peer_closed() == response_reader::step::done) take();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read_in_pieces(bytes, std::max<std::size_t>(bytes.size(), 1));
  const auto pieces = read_in_pieces(bytes, data[0] % 16 + 1u);
  require(whole.answers == pieces.answers, "other answers in other pieces");
  require(whole.malformed == pieces.malformed, "another refusal in other pieces");
  return 0;
}
