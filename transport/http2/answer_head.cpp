#include "transport/http2/answer_head.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>

#include "transport/http2/exchange.hpp"

namespace dispatch::http2 {
namespace {

constexpr std::size_t field_overhead = 32;
constexpr int switching_protocols = 101;  // HTTP/2 has none (RFC 9113 8.6)
constexpr int no_content = 204;
constexpr int not_modified = 304;

const std::uint8_t* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}

/// Fields of HTTP/1.1's connections (RFC 9113 8.2.2).
bool is_connection_specific(std::string_view name) noexcept {
  switch (name.size()) {
    case 7:
      return name == "upgrade";
    case 10:
      return name == "connection" || name == "keep-alive";
    case 16:
      return name == "proxy-connection";
    case 17:
      return name == "transfer-encoding";
    default:
      return false;
  }
}

/// 0 = not a status.
int parse_status(std::string_view value) noexcept {
  int status = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), status);
  const bool well_formed = error == std::errc{} && end == value.data() + value.size() && value.size() == 3;
  return well_formed && status >= 100 && status != switching_protocols ? status : 0;
}

}  // namespace

void answer_head::begin_block() noexcept {
  malformed_ = past_pseudo_ = false;
  block_status_ = 0;
  block_bytes_ = 0;
}

void answer_head::field(std::string_view name, std::string_view value, std::size_t max_bytes, exchange& x) {
  block_bytes_ += name.size() + value.size() + field_overhead;
  if (block_bytes_ > max_bytes) malformed_ = true;
  if (malformed_) return;
  if (name.starts_with(':')) return pseudo_field(name, value);
  past_pseudo_ = true;
  if (is_connection_specific(name) || std::any_of(name.begin(), name.end(), is_upper)) {
    malformed_ = true;
    return;
  }
  if (!final_ && block_status_ >= 200) final_field(name, value, x);
}

void answer_head::pseudo_field(std::string_view name, std::string_view value) noexcept {
  const bool expected = name == ":status" && !past_pseudo_ && block_status_ == 0 && !final_;
  block_status_ = expected ? parse_status(value) : 0;
  if (block_status_ == 0) malformed_ = true;
}

void answer_head::final_field(std::string_view name, std::string_view value, exchange& x) {
  if (name == "content-length") return take_content_length(value);
  std::string* const wanted = name == "retry-after"       ? &x.retry_after
                              : name == "apns-id"         ? &x.apns_id
                              : name == "apns-request-id" ? &x.apns_id  // of a broadcast, which has no other
                              : name == "location"        ? &x.location
                                                          : nullptr;
  if (wanted == nullptr) return;
  // The request was processed whatever is wrong with this field: better to know the status than to guess.
  if (nghttp2_check_header_value_rfc9113(bytes_of(value), value.size()) != 0) *wanted = value;
}

void answer_head::take_content_length(std::string_view value) noexcept {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  malformed_ = content_length_ || error != std::errc{} || end != value.data() + value.size();
  content_length_ = length;
}

answer_head::block answer_head::end_block(bool end_stream, exchange& x) noexcept {
  if (malformed_) return block::malformed;
  if (final_) return end_stream ? block::trailers : block::malformed;
  if (block_status_ == 0) return block::malformed;
  if (block_status_ < 200) return end_stream ? block::malformed : block::informational;
  final_ = true;
  x.status = block_status_;
  // These may name the length a body would have had (RFC 9110 8.6).
  if (block_status_ == no_content || block_status_ == not_modified) content_length_.reset();
  return block::final;
}

bool answer_head::body(std::size_t bytes) noexcept {
  body_bytes_ += bytes;
  return !content_length_ || body_bytes_ <= *content_length_;
}

}  // namespace dispatch::http2
