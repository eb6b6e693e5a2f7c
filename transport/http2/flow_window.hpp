#pragma once

// The two ends of HTTP/2's flow control (RFC 9113 5.2, 6.9), of a stream or of the connection alike. Internal
// to transport/http2.

#include <cstddef>
#include <cstdint>
#include <utility>

#include "transport/http2/frame.hpp"

namespace dispatch::http2 {

/// How much the peer lets us send.
class send_window {
 public:
  explicit send_window(std::int64_t size) noexcept : left_(size) {}

  /// Also by a negative amount, below zero even: SETTINGS_INITIAL_WINDOW_SIZE shrank (6.9.2). False: past
  /// 2^31-1, FLOW_CONTROL_ERROR.
  bool widen(std::int64_t by) noexcept {
    left_ += by;
    return left_ <= max_window;
  }
  void take(std::size_t bytes) noexcept { left_ -= static_cast<std::int64_t>(bytes); }
  std::size_t left() const noexcept { return left_ > 0 ? static_cast<std::size_t>(left_) : 0; }

 private:
  std::int64_t left_;
};

/// How much we let the peer send. What comes is used up or thrown away at once, so half a window is given
/// back whenever it is gone, in one WINDOW_UPDATE for many frames; and there is nothing to protect from a
/// peer that sends more.
class receive_window {
 public:
  explicit receive_window(std::uint32_t size) noexcept : size_(size) {}

  /// The increment to announce; 0 = none yet.
  std::uint32_t take(std::size_t bytes) noexcept {
    taken_ += static_cast<std::uint32_t>(bytes);
    return taken_ < size_ / 2 ? 0 : std::exchange(taken_, 0);
  }

 private:
  std::uint32_t size_;
  std::uint32_t taken_ = 0;
};

}  // namespace dispatch::http2
