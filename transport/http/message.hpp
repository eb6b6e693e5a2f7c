#pragma once

// Requests and answers of the HTTP/1.1 server, free of Beast.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch {

struct http_request {
  std::string method;                                        ///< as it came: "GET"
  std::string target;                                        ///< as it came, with its query, undecoded
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case, in order
  std::string body;
  std::string remote_address;  ///< without port
  std::shared_ptr<const void>
      known{};  ///< what the handler's own check of the head has found; may be nothing

  /// The first header of that (lower-case) name; empty when absent.
  std::string_view header(std::string_view name) const noexcept {
    const auto found =
        std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return each.first == name; });
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
};

struct http_response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";  ///< empty: no such header
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  ///< not sent when the request was HEAD
};

}  // namespace dispatch
