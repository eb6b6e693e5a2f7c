#include "transport/http1/response_reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace dispatch::http1 {
namespace {

constexpr int switching_protocols = 101;  // never asked for
constexpr int no_content = 204;
constexpr int not_modified = 304;

bool is_token(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_value_byte(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\t';
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals(std::string_view text, std::string_view lower_case) noexcept {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Whether a comma-separated list holds `wanted`.
bool lists(std::string_view list, std::string_view wanted) noexcept {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (equals(trimmed(list.substr(0, comma)), wanted)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::string_view take_line(std::string_view& head) noexcept {
  const auto end = head.find("\r\n");
  const auto line = head.substr(0, end);
  head.remove_prefix(end + 2);
  return line;
}

}  // namespace

/// What a head says about its body and connection.
struct response_reader::framing {
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
};

std::string_view response::header(std::string_view name) const noexcept {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return each.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

response_reader::step response_reader::refuse(std::string_view why) {
  state_ = state::malformed;
  detail_ = why;
  return step::malformed;
}

response_reader::step response_reader::read(std::string_view& bytes) {
  for (;;) {
    switch (state_) {
      case state::head:
        if (const auto next = find_head(bytes); next != step::more || state_ == state::head) return next;
        break;  // to its body
      case state::sized_body:
        return read_sized(bytes);
      case state::chunked_body:
        return read_chunked(bytes);
      case state::until_close: {
        const auto room = limits_.body - response_.body.size();
        response_.body.append(bytes.substr(0, room));
        const bool too_long = bytes.size() > room;
        bytes = {};
        return too_long ? finish_cut() : step::more;
      }
      case state::whole:
        return step::done;
      case state::malformed:
        return step::malformed;
    }
  }
}

response_reader::step response_reader::find_head(std::string_view& bytes) {
  constexpr std::string_view start = "HTTP/1.";
  for (;;) {
    // Something else may never come to the end of a line.
    if (!start.starts_with(bytes.substr(0, start.size()))) return refuse("no HTTP/1.1");
    std::string_view head;
    switch (scanner_.find(bytes, head, limits_.head)) {
      case head_scanner::result::more:
        return step::more;
      case head_scanner::result::whole:
        break;
      case head_scanner::result::too_large:
        return refuse("the head is too large");
      case head_scanner::result::bare_line_feed:
        return refuse("a line ends without CRLF");
      case head_scanner::result::folded:
        return refuse("a header is folded over lines");
    }
    if (const auto next = read_head(head); next != step::more || state_ != state::head) return next;
  }
}

/// More with the state still `head`: it was a 1xx.
response_reader::step response_reader::read_head(std::string_view head) {
  response_ = {};
  framing of_body;
  if (!read_status_line(take_line(head))) return refuse("no status line");
  while (head.size() > 2) {
    if (response_.headers.size() == limits_.headers) return refuse("too many headers");
    if (!read_field(take_line(head), of_body)) return refuse("a header is malformed");
  }
  if (response_.status == switching_protocols) return refuse("another protocol, without being asked");
  if (response_.status >= 200) return begin_body(of_body);
  if (++informational_ > limits_.informational) return refuse("too many 1xx answers");
  return step::more;
}

/// "HTTP/1.1 200 OK" (RFC 9112 section 4); the reason may be missing, with its blank or without.
bool response_reader::read_status_line(std::string_view line) {
  constexpr std::size_t shortest = 12;
  if (line.size() < shortest || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
  if (line[7] != '0' && line[7] != '1') return false;
  version_10_ = line[7] == '0';
  const auto digits = line.substr(9, 3);
  if (digits.front() == '0' ||
      !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  std::from_chars(digits.data(), digits.data() + digits.size(), response_.status);
  const auto reason = line.substr(shortest);
  return (reason.empty() || reason.front() == ' ') &&
         std::all_of(reason.begin(), reason.end(), is_value_byte);
}

bool response_reader::read_field(std::string_view line, framing& of_body) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  std::string name(line.substr(0, colon));
  if (!std::all_of(name.begin(), name.end(), is_token)) return false;
  std::transform(name.begin(), name.end(), name.begin(), lower);
  const auto value = trimmed(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), is_value_byte)) return false;
  if (name == "content-length") {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc{} || end != value.data() + value.size() || of_body.length) return false;
    of_body.length = length;
  } else if (name == "transfer-encoding") {
    // Another coding under it would have to be undone, and none was offered.
    if (of_body.chunked || !equals(value, "chunked")) return false;
    of_body.chunked = true;
  } else if (name == "connection") {
    of_body.close = of_body.close || lists(value, "close");
    of_body.keep_alive = of_body.keep_alive || lists(value, "keep-alive");
  }
  response_.headers.emplace_back(std::move(name), value);
  return true;
}

// RFC 9112 section 6.3.
response_reader::step response_reader::begin_body(const framing& of_body) {
  response_.reusable = !of_body.close && (!version_10_ || of_body.keep_alive);
  if (of_body.chunked && (of_body.length || version_10_)) return refuse("two lengths for one body");
  if (response_.status == no_content || response_.status == not_modified) return finish();
  if (of_body.chunked) {
    state_ = state::chunked_body;
  } else if (of_body.length) {
    missing_ = *of_body.length;
    state_ = state::sized_body;
  } else {
    response_.reusable = false;
    state_ = state::until_close;
  }
  return step::more;
}

response_reader::step response_reader::read_sized(std::string_view& bytes) {
  const auto some = std::min<std::uint64_t>(missing_, bytes.size());
  const auto room = limits_.body - response_.body.size();
  response_.body.append(bytes.substr(0, std::min<std::uint64_t>(some, room)));
  if (some > room) return finish_cut();
  bytes.remove_prefix(some);
  missing_ -= some;
  return missing_ == 0 ? finish() : step::more;
}

response_reader::step response_reader::read_chunked(std::string_view& bytes) {
  switch (chunks_.read(bytes, response_.body, limits_.body)) {
    case chunk_decoder::result::more:
      return step::more;
    case chunk_decoder::result::done:
      return finish();
    case chunk_decoder::result::too_large:
      return finish_cut();
    case chunk_decoder::result::malformed:
      break;
  }
  return refuse("the chunked body is malformed");
}

response_reader::step response_reader::finish() {
  state_ = state::whole;
  return step::done;
}

/// Its status is known and the rest of its body is of no interest.
response_reader::step response_reader::finish_cut() {
  response_.reusable = false;
  return finish();
}

response_reader::step response_reader::peer_closed() {
  if (state_ == state::until_close) return finish();
  return state_ == state::whole ? step::done : refuse("it ended in the middle");
}

response response_reader::take() {
  state_ = state::head;
  chunks_.reset();
  informational_ = 0;
  missing_ = 0;
  return std::exchange(response_, {});
}

}  // namespace dispatch::http1
