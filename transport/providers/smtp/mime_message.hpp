#pragma once

// A whole mail (RFC 5322, 2045, 2046) from values that are final: headers, then one text part or both as
// multipart/alternative. 7-bit, lines of at most 998 characters, CRLF, whatever the values hold.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/job/job.hpp"
#include "transport/providers/smtp/mailbox.hpp"

namespace dispatch {

/// Every text must pass is_header_text(), every address is_mail_address().
struct mime_message {
  epoch_ms date{0};
  mailbox from;
  std::string_view to;
  std::optional<mailbox> reply_to;
  std::string subject;
  /// Unique and the same on every attempt: Message-ID is <key@from's domain>, the boundary is made of it.
  std::string_view key;
  /// URIs of List-Unsubscribe (RFC 2369), the preferred first.
  std::vector<std::string> unsubscribe;
  std::vector<std::pair<std::string, std::string>> headers;  ///< further ones
  std::optional<std::string> text, html;                     ///< at least one
};

std::string compose(const mime_message& what);

}  // namespace dispatch
