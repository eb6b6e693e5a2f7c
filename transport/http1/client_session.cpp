#include "transport/http1/client_session.hpp"

#include <utility>

#include "transport/http/wire.hpp"

namespace dispatch::http1 {
namespace {

response_limits limits_of(const session_options& options) {
  response_limits limits;
  limits.head = options.max_header_bytes;
  return limits;
}

}  // namespace

client_session::client_session(session_options options)
    : options_(std::move(options)), reader_(limits_of(options_)) {}

void client_session::start(http2::exchange& x) {
  x.begin_attempt();
  x.on_wire = true;
  current_ = &x;
  const auto& call = x.call;
  pending_.append("POST ").append(call.path).append(" HTTP/1.1\r\n");
  http_wire::append_header(pending_, "host", options_.authority);
  if (call.shared)
    for (const auto& [name, value] : *call.shared) http_wire::append_header(pending_, name, value);
  for (const auto& [name, value] : call.own) http_wire::append_header(pending_, name, value);
  http_wire::append_header(pending_, "content-length", std::to_string(call.body.size()));
  pending_.append("\r\n").append(call.body);
}

void client_session::cancel(http2::exchange& x) {
  if (current_ != &x) return;
  current_ = nullptr;
  broken_ = true;
}

void client_session::collect(std::string& out) {
  out += pending_;
  pending_.clear();
}

bool client_session::receive(std::span<const std::uint8_t> bytes, clock::time_point) {
  unread_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  read();
  return !broken_;
}

void client_session::read() {
  // Nobody asked: what it is about cannot be known, and it must not be taken for the next answer.
  if (current_ == nullptr) {
    broken_ = true;
    return;
  }
  std::string_view left = unread_;
  const auto next = reader_.read(left);
  unread_.erase(0, unread_.size() - left.size());
  if (next == response_reader::step::malformed) return fail();
  if (next == response_reader::step::done) answered();
}

void client_session::answered() {
  auto answer = reader_.take();
  auto& x = *std::exchange(current_, nullptr);
  x.status = answer.status;
  x.retry_after = answer.header("retry-after");
  x.location = answer.header("location");
  x.answer = std::move(answer.body);
  if (x.answer.size() > options_.max_answer_bytes) x.answer.resize(options_.max_answer_bytes);
  ended_.push_back({&x, http2::stream_end::answered});
  // Bytes behind the answer are nobody's.
  if (!answer.reusable || !unread_.empty()) closing_ = true;
}

void client_session::fail() {
  broken_ = true;
  error_ = reader_.detail();
  ended_.push_back({std::exchange(current_, nullptr), http2::stream_end::reset});
}

void client_session::peer_closed() {
  if (current_ != nullptr && reader_.peer_closed() == response_reader::step::done) answered();
  closing_ = true;
}

}  // namespace dispatch::http1
