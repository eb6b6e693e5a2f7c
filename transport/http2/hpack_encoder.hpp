#pragma once

// Header fields as HPACK (RFC 7541). It follows a server's table of up to 4,096 bytes and spends it on what
// comes again. Strings go out as they are: Huffman coding would cost both sides more than it saves, because
// what is long is sent once. Internal to transport/http2.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "transport/http2/hpack_dynamic_table.hpp"

namespace dispatch::http2 {

enum class hpack_storing : std::uint8_t {
  stable,    ///< goes into the table at once: the value will come again
  adaptive,  ///< goes in when its name is new, for the name, and when its value comes twice in a row
  literal    ///< never goes in (though the peer may still see its name as an index)
};

class hpack_encoder {
 public:
  /// Ours; the peer's may be smaller.
  static constexpr std::size_t max_table = 4'096;

  /// The peer's SETTINGS_HEADER_TABLE_SIZE; `least`: the smallest value among several that came together.
  /// What changes is said at the next begin() (RFC 7541 4.2).
  void limit_table(std::size_t size, std::size_t least);

  /// Before the first field of each block.
  void begin(std::string& out);
  void field(std::string& out, std::string_view name, std::string_view value, hpack_storing how);

  /// While it stays the same, the same fields, all of them in the table or literal, have the same bytes.
  std::uint64_t version() const noexcept { return table_.version(); }
  const hpack_dynamic_table& table() const noexcept { return table_; }

 private:
  struct latest {
    std::string name;
    std::string value;
  };

  bool is_worth_storing(std::string_view name, std::string_view value, bool name_known, hpack_storing how);
  bool repeats_latest(std::string_view name, std::string_view value);

  hpack_dynamic_table table_{max_table};
  std::size_t limit_ = max_table;        ///< what table_ becomes with the next block
  std::size_t least_limit_ = max_table;  ///< and what it is in between
  std::array<latest, 16> latest_;        ///< of the adaptive fields, by name
  std::size_t next_latest_ = 0;          ///< the one to be given up for a new name
};

}  // namespace dispatch::http2
