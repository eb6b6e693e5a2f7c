#include "transport/http/request_reader.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <optional>
#include <utility>

namespace dispatch {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

/// More room than this is made for a body only as it comes in.
constexpr std::size_t trusted_length = 64 * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_token(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// RFC 9112 section 3.2: origin form, or * of OPTIONS. This is no proxy, so the absolute form would only be a
/// second place for the host to stand.
bool good_target(std::string_view method, std::string_view target) noexcept {
  if (target == "*") return method == "OPTIONS";
  return target.starts_with('/') &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool good_host(std::string_view host) noexcept {
  return host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
           return is_token(c) || c == ':' || c == '[' || c == ']';
         });
}

std::optional<std::size_t> content_length(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

/// Beast reads the lines of a head; what they may say together is decided in read_head().
class request_reader::head_parser : public http::basic_parser<true> {
 public:
  explicit head_parser(http_request& into) : into_(into) {
    body_limit(boost::none);
    header_limit(~std::uint32_t{0});
  }

  int version = 0;
  std::size_t hosts = 0, lengths = 0, codings = 0;
  std::string_view host, length, coding, expect;

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int number,
                       error_code&) override {
    into_.method = method;
    into_.target = target;
    version = number;
  }
  void on_field_impl(http::field name, beast::string_view text, beast::string_view value,
                     error_code&) override {
    const std::string_view view(value.data(), value.size());
    if (name == http::field::host) ++hosts, host = view;
    if (name == http::field::content_length) ++lengths, length = view;
    if (name == http::field::transfer_encoding) ++codings, coding = view;
    if (name == http::field::expect) expect = view;
    into_.headers.emplace_back(lower({text.data(), text.size()}), view);
  }
  void on_header_impl(error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  http_request& into_;
};

request_reader::request_reader(reader_limits limits) : limits_(limits) {}

request_reader::step request_reader::refuse(int status, std::string_view detail) {
  state_ = state::refused;
  status_ = status;
  detail_ = detail;
  return step::refused;
}

request_reader::step request_reader::read(std::string_view& bytes) {
  switch (state_) {
    case state::head:
      return find_head(bytes);
    case state::sized_body:
      return read_sized(bytes);
    case state::chunked_body:
      return read_chunked(bytes);
    case state::whole:
      return step::done;
    case state::refused:
      break;
  }
  return step::refused;
}

request_reader::step request_reader::find_head(std::string_view& bytes) {
  // Not what RFC 9112 section 2.2 asks to be lenient about (blank lines before a request), and no TLS.
  if (!bytes.empty() && !is_token(bytes.front())) return refuse(400, "no request line");
  std::string_view head;
  switch (scanner_.find(bytes, head, limits_.head)) {
    case head_scanner::result::more:
      return step::more;
    case head_scanner::result::whole:
      return read_head(head);
    case head_scanner::result::too_large:
      return refuse(431, "the head is too large");
    case head_scanner::result::bare_line_feed:
      return refuse(400, "a line ends without CRLF");
    case head_scanner::result::folded:
      break;
  }
  return refuse(400, "a header is folded over lines");
}

request_reader::step request_reader::read_head(std::string_view head) {
  const auto lines = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
  if (lines > limits_.headers + 2) return refuse(431, "too many headers");
  request_.headers.reserve(lines - 2);
  head_parser parsed(request_);
  error_code error;
  parsed.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == http::error::bad_version) return refuse(505, "HTTP/1.1 only");
  if (error || !parsed.is_header_done()) return refuse(400, "the head is malformed");
  if (parsed.version != 10 && parsed.version != 11) return refuse(505, "HTTP/1.1 only");
  form_ = {request_.method != "HEAD", parsed.keep_alive(), parsed.version == 10};
  if (!good_target(request_.method, request_.target)) return refuse(400, "the target is no path");
  // RFC 9112 section 3.2: a request without a Host, or with two, is refused.
  if (parsed.hosts > 1 || (parsed.hosts == 0 && !form_.version_10) || !good_host(parsed.host))
    return refuse(400, "exactly one Host header is needed");
  // Section 6.3: each of these is how one request is made to look like two.
  if (parsed.lengths + parsed.codings > 1) return refuse(400, "more than one header gives the body's length");
  if (parsed.codings > 0 && (form_.version_10 || !beast::iequals(parsed.coding, "chunked")))
    return refuse(400, "the only Transfer-Encoding is chunked");
  if (!parsed.expect.empty() && !form_.version_10) {
    if (!beast::iequals(parsed.expect, "100-continue")) return refuse(417, "unknown expectation");
    expects_continue_ = true;
  }
  if (parsed.codings > 0) {
    state_ = state::chunked_body;
    return step::head;
  }
  if (parsed.lengths > 0) {
    const auto length = content_length(parsed.length);
    if (!length) return refuse(400, "Content-Length is no number");
    if (*length > limits_.body) return refuse(413, "the body is too large");
    missing_ = *length;
    request_.body.reserve(std::min(missing_, trusted_length));
  }
  state_ = missing_ > 0 ? state::sized_body : state::whole;
  return missing_ > 0 ? step::head : step::done;
}

request_reader::step request_reader::read_sized(std::string_view& bytes) {
  const auto some = std::min(missing_, bytes.size());
  request_.body.append(bytes.substr(0, some));
  bytes.remove_prefix(some);
  missing_ -= some;
  if (missing_ > 0) return step::more;
  state_ = state::whole;
  return step::done;
}

request_reader::step request_reader::read_chunked(std::string_view& bytes) {
  switch (chunks_.read(bytes, request_.body, limits_.body)) {
    case chunk_decoder::result::more:
      return step::more;
    case chunk_decoder::result::done:
      state_ = state::whole;
      return step::done;
    case chunk_decoder::result::too_large:
      return refuse(413, "the body is too large");
    case chunk_decoder::result::malformed:
      break;
  }
  return refuse(400, "the chunked body is malformed");
}

http_request request_reader::take() {
  state_ = state::head;
  chunks_.reset();
  missing_ = 0;
  expects_continue_ = false;
  return std::exchange(request_, {});
}

http_request request_reader::take_head() {
  form_.keep_alive = false;
  auto head = take();
  state_ = state::refused;
  head.body.clear();
  return head;
}

void request_reader::give_up() {
  state_ = state::refused;
  request_ = {};
}

}  // namespace dispatch
