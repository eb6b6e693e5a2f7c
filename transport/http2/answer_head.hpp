#pragma once

// What is known of one answer besides its body, and whether it may be so (RFC 9113 8.1, 8.3.2). Fields that
// matter to us go into the exchange. Internal to transport/http2.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::http2 {

struct exchange;

class answer_head {
 public:
  enum class block : std::uint8_t {
    malformed,      ///< a stream error
    informational,  ///< 1xx: the answer is still to come
    final,
    trailers
  };

  void begin_block() noexcept;
  /// `max_bytes`: of one block, names and values, counted as RFC 9113 6.5.2 does.
  void field(std::string_view name, std::string_view value, std::size_t max_bytes, exchange& x);
  block end_block(bool end_stream, exchange& x) noexcept;
  /// Body came. False: more than content-length said.
  bool body(std::size_t bytes) noexcept;

  /// The final answer's header block came.
  bool has_status() const noexcept { return final_; }
  /// The body is as long as content-length said, if it said anything.
  bool is_whole() const noexcept { return !content_length_ || *content_length_ == body_bytes_; }

 private:
  void pseudo_field(std::string_view name, std::string_view value) noexcept;
  void final_field(std::string_view name, std::string_view value, exchange& x);
  void take_content_length(std::string_view value) noexcept;

  bool final_ = false;      ///< so that the next block is trailers
  bool malformed_ = false;  ///< the block being read
  bool past_pseudo_ = false;
  int block_status_ = 0;
  std::size_t block_bytes_ = 0;
  std::optional<std::uint64_t> content_length_;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace dispatch::http2
