#include "transport/http/wire.hpp"

#include <algorithm>
#include <ctime>

namespace dispatch::http_wire {
namespace {

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

void append_clean(std::string& out, std::string_view text) {
  const auto begin = out.size();
  out += text;
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), is_control, ' ');
}

std::string make_date(std::time_t seconds) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char format[64];
  const auto length = std::strftime(format, sizeof format, " %d @@@ %Y %H:%M:%S GMT", &parts);
  std::string text = days[parts.tm_wday];
  text += ',';
  text.append(format, length);
  // Not %a and %b: those follow the locale, the header must not.
  return text.replace(text.find("@@@"), 3, months[parts.tm_mon]);
}

/// Made once a second: it costs more than the rest of a small answer.
const std::string& http_date(std::chrono::system_clock::time_point now) {
  thread_local std::time_t at = -1;
  thread_local std::string text;
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  if (seconds != at) text = make_date(at = seconds);
  return text;
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string serialize(const http_response& response, const answer_form& form,
                      std::chrono::system_clock::time_point now) {
  const bool bodiless = response.status == 204 || response.status == 304 || response.status < 200;
  std::string out;
  out.reserve(256 + response.body.size());
  out += "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  append_header(out, "Date", http_date(now));
  if (!response.content_type.empty() && !bodiless) append_header(out, "Content-Type", response.content_type);
  if (!bodiless) append_header(out, "Content-Length", std::to_string(response.body.size()));
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (!form.keep_alive)
    append_header(out, "Connection", "close");
  else if (form.version_10)
    append_header(out, "Connection", "keep-alive");
  out += "\r\n";
  if (form.with_body && !bodiless) out += response.body;
  return out;
}

http_response problem(int status, std::string_view detail) {
  http_response answer{status,
                       "application/problem+json",
                       {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
                       {}};
  if (status == 503) answer.headers.emplace_back("Retry-After", "1");
  answer.body = "{\"type\":\"about:blank\",\"title\":\"";
  answer.body += reason_phrase(status);
  answer.body += "\",\"status\":" + std::to_string(status) + ",\"detail\":\"";
  answer.body += detail;
  answer.body += "\"}\n";
  return answer;
}

}  // namespace dispatch::http_wire
