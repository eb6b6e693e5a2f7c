#pragma once

// The bytes a server sends become answers (RFC 9112). Pure, and strict: where an answer could be read in two
// ways it is malformed, for the next answer on the connection could be anybody's.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "transport/http/chunk_decoder.hpp"
#include "transport/http/head_scanner.hpp"
#include "transport/message.hpp"

namespace dispatch::http1 {

struct response_limits {
  std::size_t head = std::size_t{32} * 1024;
  std::size_t headers = 100;
  std::size_t body = std::size_t{64} * 1024;  ///< read at most; a longer one is cut and ends the connection
  unsigned informational = 16;                ///< 1xx answers before the final one
};

struct response {
  int status = 0;  ///< 200 to 999
  header_list headers;
  std::string body;
  bool reusable = false;  ///< another request may follow on the connection

  /// The first of that (lower-case) name; empty when absent.
  std::string_view header(std::string_view name) const noexcept;
};

class response_reader {
 public:
  enum class step : std::uint8_t {
    more,      ///< needs more bytes
    done,      ///< take() the answer
    malformed  ///< detail() says why; there is nothing to read any more
  };

  explicit response_reader(response_limits limits = {}) : limits_(limits) {}

  /// Goes on reading and takes what it has used off the front of `bytes`. What it leaves must come again, in
  /// front of what follows it.
  step read(std::string_view& bytes);
  /// The server will send no more: done for an answer that ends with its connection.
  step peer_closed();

  std::string_view detail() const noexcept { return detail_; }
  /// The next read() begins another.
  response take();

 private:
  enum class state : std::uint8_t { head, sized_body, chunked_body, until_close, whole, malformed };
  struct framing;

  step refuse(std::string_view why);
  step find_head(std::string_view& bytes);
  step read_head(std::string_view head);
  bool read_status_line(std::string_view line);
  bool read_field(std::string_view line, framing& of_body);
  step begin_body(const framing& of_body);
  step read_sized(std::string_view& bytes);
  step read_chunked(std::string_view& bytes);
  step finish();
  step finish_cut();

  response_limits limits_;
  state state_ = state::head;
  head_scanner scanner_;
  chunk_decoder chunks_;
  response response_;
  bool version_10_ = false;
  unsigned informational_ = 0;
  std::uint64_t missing_ = 0;  ///< of a sized body
  std::string_view detail_;
};

}  // namespace dispatch::http1
