#pragma once

// Header lines of a mail (RFC 5322 2.2): text beyond ASCII as encoded-words (RFC 2047), folded so that no
// line passes 76 characters where it can be cut. Appends to a message; every line ends with CRLF.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/job/job.hpp"
#include "transport/providers/smtp/mailbox.hpp"

namespace dispatch {

/// Whether a header may say this: no control character, for CR and LF would begin another header, and not
/// longer than max_header_text_bytes.
bool is_header_text(std::string_view text) noexcept;
inline constexpr std::size_t max_header_text_bytes = 2'048;

/// For a value of the engine's own making: ASCII, of at most 998 characters with its name.
void append_plain_header(std::string& out, std::string_view name, std::string_view value);
/// `text` as people wrote it (Subject, X-…); is_header_text() must be true.
void append_text_header(std::string& out, std::string_view name, std::string_view text);
/// From, Reply-To.
void append_mailbox_header(std::string& out, std::string_view name, const mailbox& who);
/// Date: RFC 5322 3.3, in UTC.
std::string mail_date(epoch_ms when);

}  // namespace dispatch
