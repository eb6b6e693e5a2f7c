#pragma once

// Mail addresses as they stand in envelopes and headers (RFC 5321 4.1.2, 5322 3.4), the part of them that is
// in use: no quoted local parts, no address literals, no comments, no routes.

#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// Whether it is one address that can be sent to. Beyond ASCII any character is let through (RFC 6531); the
/// server must take it then.
bool is_mail_address(std::string_view text) noexcept;

struct mailbox {
  std::string name;  ///< UTF-8, may be empty
  std::string address;

  std::string_view domain() const noexcept;
};

/// Of senders and of Reply-To: `a@b.example`, `<a@b.example>` or `Some Name <a@b.example>`; the name may
/// stand in quotes. nullopt for anything else, for a name with control characters, and for an address beyond
/// ASCII: it stands in every mail, also in those to servers that know no SMTPUTF8.
std::optional<mailbox> parse_mailbox(std::string_view text);

}  // namespace dispatch
