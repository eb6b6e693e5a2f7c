#include "transport/providers/smtp/mime_message.hpp"

#include <algorithm>

#include "transport/providers/smtp/mail_body.hpp"
#include "transport/providers/smtp/mail_header.hpp"

namespace dispatch {
namespace {

void append_unsubscribe(std::string& out, const std::vector<std::string>& uris) {
  if (uris.empty()) return;
  out.append("List-Unsubscribe:");
  const char* before = " <";
  for (const auto& uri : uris) {
    out.append(before).append(uri).append(">");
    before = ",\r\n <";
  }
  out.append("\r\n");
  // RFC 8058: only an https URI can be posted to.
  const bool one_click = std::any_of(uris.begin(), uris.end(),
                                     [](const std::string& uri) { return uri.starts_with("https://"); });
  if (one_click) append_plain_header(out, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
}

void append_headers(std::string& out, const mime_message& what) {
  append_plain_header(out, "Date", mail_date(what.date));
  append_mailbox_header(out, "From", what.from);
  append_plain_header(out, "To", what.to);
  if (what.reply_to) append_mailbox_header(out, "Reply-To", *what.reply_to);
  if (!what.subject.empty()) append_text_header(out, "Subject", what.subject);
  out.append("Message-ID: <").append(what.key).append("@").append(what.from.domain()).append(">\r\n");
  append_unsubscribe(out, what.unsubscribe);
  // RFC 3834: no vacation notice shall answer it.
  append_plain_header(out, "Auto-Submitted", "auto-generated");
  for (const auto& [name, value] : what.headers) append_text_header(out, name, value);
  append_plain_header(out, "MIME-Version", "1.0");
}

}  // namespace

std::string compose(const mime_message& what) {
  std::string out;
  append_headers(out, what);
  if (!what.text || !what.html) {
    append_text_part(out, what.text ? "plain" : "html", what.text ? *what.text : *what.html);
    return out;
  }
  // "=_" can stand neither in quoted-printable nor in base64 (RFC 2045 section 6.7).
  const auto boundary = std::string("=_").append(what.key);
  out.append("Content-Type: multipart/alternative;\r\n boundary=\"").append(boundary).append("\"\r\n");
  for (const auto& [subtype, part] : {std::pair("plain", &what.text), std::pair("html", &what.html)}) {
    out.append("\r\n--").append(boundary).append("\r\n");
    append_text_part(out, subtype, **part);
  }
  out.append("\r\n--").append(boundary).append("--\r\n");
  return out;
}

}  // namespace dispatch
