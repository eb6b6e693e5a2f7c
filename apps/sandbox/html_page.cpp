#include "apps/sandbox/html_page.hpp"

#include <fmt/core.h>

namespace dispatch::sandbox {

void html_error(answer& out, int status, std::string_view reason) {
  out.status = status;
  out.reason = reason;
  out.content_type = "text/html; charset=UTF-8";
  out.body = fmt::format(
      "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Error {0}</title>\n"
      "<p><b>{0}.</b> <ins>That's an error.</ins>\n<p>The server could not answer this request. "
      "<ins>That's all we know.</ins>\n</html>\n",
      status);
}

}  // namespace dispatch::sandbox
