#pragma once

// A collapse key made to fit where a provider wants one. What does not fit is hashed rather than cut, so that
// different keys stay different and equal ones equal.

#include <string>
#include <string_view>

#include "core/digest.hpp"

namespace dispatch {

/// apns-collapse-id: at most 64 bytes; a longer key becomes its SHA-256 in hex.
std::string apns_collapse_id(std::string_view collapse_key);

/// Web Push Topic (RFC 8030 section 5.4): at most 32 characters of base64url; any other key becomes the
/// first 32 characters of its SHA-256 in hex.
std::string web_push_topic(std::string_view collapse_key);
/// Without a collapse key: the dedupe key, whose 32 hex digits just fit.
std::string web_push_topic(const dedupe_key& key);

}  // namespace dispatch
