#pragma once

// HPACK's static table (RFC 7541, appendix A). Internal to transport/http2.

#include <cstdint>
#include <string_view>

namespace dispatch::http2 {

constexpr std::uint32_t static_table_size = 61;

struct static_match {
  std::uint32_t name = 0;   ///< index of an entry with this name; 0 = none
  std::uint32_t whole = 0;  ///< index of the entry with this name and value; 0 = none
};

static_match find_static(std::string_view name, std::string_view value) noexcept;

}  // namespace dispatch::http2
