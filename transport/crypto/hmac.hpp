#pragma once

// HMAC-SHA256 (RFC 2104) and what goes with checking one.

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/digest.hpp"

namespace dispatch {

/// Of the parts one after the other. Any thread.
sha256_digest hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);

/// How long it takes depends on the lengths alone.
bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

std::string_view bytes_of(const sha256_digest& digest) noexcept;

/// From the operating system's generator: keys and secrets. Throws std::runtime_error when it has none.
std::string random_secret(std::size_t bytes);

}  // namespace dispatch
