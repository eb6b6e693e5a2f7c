#include "api/ingest/browser.hpp"

#include <algorithm>
#include <array>

#include "api/address_list.hpp"
#include "api/ingest/media_type.hpp"

namespace dispatch {
namespace {

constexpr std::array<std::string_view, 3> safelisted_types{"application/x-www-form-urlencoded",
                                                           "multipart/form-data", "text/plain"};

bool same_text(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char want, char got) {
    return want == (got >= 'A' && got <= 'Z' ? got | 0x20 : got);
  });
}

}  // namespace

std::optional<auth_problem> foreign_page(const http_request& request, const cors_settings& cors) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  const auto origin = request.header("origin");
  // "*" opens what a page may read; it is no word for whom the address speaks for.
  const bool named = std::find(cors.origins.begin(), cors.origins.end(), origin) != cors.origins.end();
  const auto site = request.header("sec-fetch-site");
  const bool own_page = site.empty() || site == "none" || site == "same-origin";
  if (!origin.empty() ? origin == "*" || !named : !own_page)
    return auth_problem{403, "a page of that origin may not call without a credential", {}};
  const auto type = media_type(request.header("content-type"));
  if (std::find(safelisted_types.begin(), safelisted_types.end(), type) != safelisted_types.end())
    return auth_problem{415, "without a credential the body must be application/json", {}};
  return std::nullopt;
}

bool names_this_machine(const http_request& request) noexcept {
  auto host = request.header("host");
  if (host.empty()) return true;  // HTTP/1.0, which no browser speaks
  const bool bracketed = host.starts_with('[');
  const auto end = bracketed ? host.find(']') : host.find(':');
  host = host.substr(bracketed ? 1 : 0, end == std::string_view::npos ? end : end - (bracketed ? 1 : 0));
  if (host.ends_with('.')) host.remove_suffix(1);
  return same_text("localhost", host) || ip_address::parse(host).has_value();
}

}  // namespace dispatch
