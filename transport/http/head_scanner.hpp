#pragma once

// Finds the end of an HTTP/1.1 head (RFC 9112 section 2.1) in bytes as they come in. Line by line, so that a
// line feed alone or a fold is refused where it stands, and a head that never ends is not looked at from its
// beginning with each read.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch {

class head_scanner {
 public:
  enum class result : std::uint8_t {
    more,
    whole,
    too_large,
    bare_line_feed,
    folded  ///< a header goes on in the next line
  };

  /// When whole, takes the head with its empty line off the front of `bytes` into `head`; else leaves
  /// `bytes`, which must come again in front of what follows. `limit`: bytes of the whole head.
  result find(std::string_view& bytes, std::string_view& head, std::size_t limit);

 private:
  std::size_t scanned_ = 0, line_ = 0;  ///< in the bytes of a head that is not whole yet
};

}  // namespace dispatch
