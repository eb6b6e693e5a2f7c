#pragma once

// HKDF with SHA-256 (RFC 5869), its two steps.

#include <string_view>

#include "core/digest.hpp"

namespace dispatch {

/// Section 2.2: a pseudorandom key of the input.
sha256_digest hkdf_extract(std::string_view salt, std::string_view input);

/// Section 2.3, for one block: of its 32 bytes the caller takes as many as it needs. The counter behind
/// `info` is added here.
sha256_digest hkdf_expand(const sha256_digest& key, std::string_view info);

}  // namespace dispatch
