#pragma once

// A text as the body of a MIME part (RFC 2045 section 6): printable ASCII in lines of at most 76 characters,
// whatever the text holds, so that no server on the way has a reason to change or cut it.

#include <string>
#include <string_view>

namespace dispatch {

/// Content-Type (`text/SUBTYPE`, UTF-8), Content-Transfer-Encoding, an empty line and the encoded text:
/// quoted-printable, or base64 where that is shorter. CRLF, CR and LF all end a line of it.
void append_text_part(std::string& out, std::string_view subtype, std::string_view text);

}  // namespace dispatch
