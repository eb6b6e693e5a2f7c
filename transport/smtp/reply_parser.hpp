#pragma once

// Replies of an SMTP server (RFC 5321 section 4.2), out of bytes that come in any pieces. Strict, since what
// is read leniently is read differently by somebody else: lines end by CRLF and nothing else, all lines of a
// reply carry one code, and everything has a limit. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::smtp {

struct reply {
  int code = 0;      ///< 200 to 599
  std::string text;  ///< what follows the code; lines joined by '\n'

  int kind() const noexcept { return code / 100; }
};

/// The enhanced status code (RFC 3463) a reply's text begins with ("5.1.1"), as a view of it; empty when
/// there is none, or one of another class than the reply's. RFC 2034: every line begins with it; the first
/// that does decides.
std::string_view enhanced_status(int code, std::string_view text) noexcept;

class reply_parser {
 public:
  static constexpr std::size_t max_line_bytes = 4096;  ///< RFC 5321 4.5.3.1.5 asks for 512
  static constexpr std::size_t max_text_bytes = std::size_t{32} * 1024;
  static constexpr std::size_t max_lines = 256;

  enum class progress : std::uint8_t { incomplete, complete, broken };

  /// Takes bytes off the front of `bytes`, one reply at most. Once broken it stays so: error() says why.
  progress read(std::string_view& bytes, reply& out);
  const std::string& error() const noexcept { return error_; }

 private:
  progress fail(const char* why);
  progress take_line(std::string_view line, reply& out);

  std::string line_;  ///< the beginning of one whose end has not come
  reply current_;
  std::size_t lines_ = 0;
  std::string error_;
};

}  // namespace dispatch::smtp
