#pragma once

#include <cstdint>

namespace dispatch::http2 {

/// What a connection speaks.
enum class protocol : std::uint8_t { http1, http2 };

}  // namespace dispatch::http2
