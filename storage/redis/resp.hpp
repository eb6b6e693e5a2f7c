#pragma once

// RESP2 on bytes: commands out, replies in. No I/O. The parser is hiredis's reader (never HELLO 3: it knows
// no RESP3), filling our own value type instead of its tree.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "storage/redis/reply.hpp"

namespace dispatch::redis {

/// A command's arguments, already encoded; its head (how many there are) is added when it is sent.
class command {
 public:
  command() = default;
  template <class... Args>
  explicit command(std::string_view name, const Args&... args) {
    add(name);
    (add(args), ...);
  }

  command& add(std::string_view argument);
  template <class Integer>
  requires std::is_integral_v<Integer> command& add(Integer value) {
    return add_integer(static_cast<std::int64_t>(value));
  }
  /// The other's arguments after these.
  command& append(const command& other);

  std::size_t size_bytes() const noexcept { return body_.size(); }
  std::size_t argument_count() const noexcept { return count_; }
  /// Appends the whole command as it goes over the wire.
  void encode(std::string& out) const;

 private:
  command& add_integer(std::int64_t value);

  std::string body_;
  std::size_t count_ = 0;
};

/// Bytes of one connection → replies, in order.
class reply_reader {
 public:
  reply_reader();
  ~reply_reader();
  reply_reader(const reply_reader&) = delete;
  reply_reader& operator=(const reply_reader&) = delete;

  /// False when the bytes are no RESP2, or a reply is too large (more than 2,000,000 values): give the
  /// connection up.
  bool feed(std::string_view bytes);
  /// The next complete reply; nullopt when more bytes are needed, or after an error (see failed()).
  std::optional<reply> next();
  bool failed() const noexcept;
  std::string error() const;

  struct state;

 private:
  std::unique_ptr<state> state_;
};

}  // namespace dispatch::redis
