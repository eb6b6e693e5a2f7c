#pragma once

// The chunked transfer coding (RFC 9112 section 7.1), read strictly: no blanks around a size, no bare line
// feeds, bounded lines. Extensions are skipped; trailers are read and dropped, for they could say what a
// header must say.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch {

class chunk_decoder {
 public:
  enum class result : std::uint8_t { more, done, too_large, malformed };

  /// Appends data to `body`, at most up to `limit` bytes in all, and takes what it has used off the front of
  /// `bytes`; a line that is not whole is left there.
  result read(std::string_view& bytes, std::string& body, std::size_t limit);
  void reset() noexcept { *this = chunk_decoder(); }

 private:
  enum class part : std::uint8_t { size, data, data_end, trailer };

  result read_size(std::string_view line, std::size_t room);
  result read_trailer(std::string_view line);

  part part_ = part::size;
  std::size_t left_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace dispatch
