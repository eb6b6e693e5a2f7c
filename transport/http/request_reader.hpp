#pragma once

// The bytes of one HTTP/1.1 connection become requests (RFC 9112). Pure, and strict wherever this server and
// a proxy before it could see two different requests in the same bytes: what is doubtful is refused, and
// nothing behind it is read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "transport/http/chunk_decoder.hpp"
#include "transport/http/head_scanner.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

struct reader_limits {
  std::size_t head = 16 * 1024;  ///< request line and headers; more is 431
  std::size_t headers = 100;     ///< how many; more is 431
  std::size_t body = 1 << 20;    ///< counted while it comes in; more is 413
};

/// What a request asks of its answer besides what the answer says.
struct answer_form {
  bool with_body = true;  ///< false: HEAD
  bool keep_alive = true;
  bool version_10 = false;  ///< what the client speaks; 1.0 wants keep-alive said
};

class request_reader {
 public:
  enum class step : std::uint8_t {
    more,    ///< needs more bytes
    head,    ///< once a request, between its head and its body
    done,    ///< take() the request
    refused  ///< status() and detail() say why; there is nothing to read any more
  };

  explicit request_reader(reader_limits limits);

  /// Goes on reading and takes what it has used off the front of `bytes`. What it leaves must come again, in
  /// front of what follows it. One step a call.
  step read(std::string_view& bytes);

  /// The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const noexcept { return expects_continue_; }
  bool in_body() const noexcept { return state_ == state::sized_body || state_ == state::chunked_body; }
  std::size_t body_bytes() const noexcept { return request_.body.size(); }
  const answer_form& form() const noexcept { return form_; }
  int status() const noexcept { return status_; }
  std::string_view detail() const noexcept { return detail_; }

  /// The request as far as it was read: from step::head on all but its body; what there was when it was
  /// refused.
  http_request& so_far() noexcept { return request_; }
  /// Whether so many bytes are enough for the rest of the body.
  bool is_body_within(std::size_t bytes) const noexcept {
    return state_ == state::sized_body && missing_ <= bytes;
  }

  /// The request, without its remote_address; the next read() begins another.
  http_request take();
  /// The request without its body, when that is of no use: nothing further is read, and form() ends the
  /// connection.
  http_request take_head();
  /// What was read of a request is of no use any more; nothing further is read.
  void give_up();

 private:
  enum class state : std::uint8_t { head, sized_body, chunked_body, whole, refused };
  class head_parser;

  step refuse(int status, std::string_view detail);
  step find_head(std::string_view& bytes);
  step read_head(std::string_view head);
  step read_sized(std::string_view& bytes);
  step read_chunked(std::string_view& bytes);

  reader_limits limits_;
  state state_ = state::head;
  head_scanner scanner_;
  chunk_decoder chunks_;
  http_request request_;
  answer_form form_;
  std::size_t missing_ = 0;  ///< of a sized body
  bool expects_continue_ = false;
  int status_ = 0;
  std::string_view detail_;
};

}  // namespace dispatch
