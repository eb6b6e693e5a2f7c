#pragma once

// A job document that may be shown: targets and keys as hashes, everything else as it is.

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

namespace dispatch::ctl {

/// Strings under recipients' token, address, url, endpoint, p256dh and auth become "sha256:" and the first 16
/// digits of their SHA-256 (equal targets stay recognisable); vars become their names. nullopt when it is not
/// JSON.
std::optional<boost::json::value> redacted_document(std::string_view document);

}  // namespace dispatch::ctl
