#include "transport/url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace dispatch {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_port(std::string_view digits) noexcept {
  unsigned number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && number >= 1 &&
         number <= 65'535;
}

}  // namespace

std::optional<web_url> parse_web_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return std::nullopt;
  using boost::urls::scheme;
  const auto kind = parsed->scheme_id();
  if ((kind != scheme::https && kind != scheme::http) || parsed->has_userinfo()) return std::nullopt;
  // An escaped name would be another name to whoever decodes it once more.
  if (parsed->encoded_host().find('%') != std::string_view::npos) return std::nullopt;
  web_url out;
  out.secure = kind == scheme::https;
  out.host = parsed->host_address();
  std::transform(out.host.begin(), out.host.end(), out.host.begin(), lower);
  // A name may end with the root's dot; two spellings of one host must not be two origins.
  if (out.host.ends_with('.')) out.host.pop_back();
  if (out.host.empty()) return std::nullopt;
  const std::string_view own_port = out.secure ? "443" : "80";
  out.port =
      parsed->has_port() && !parsed->port().empty() ? std::string(parsed->port()) : std::string(own_port);
  if (!is_port(out.port)) return std::nullopt;
  using boost::urls::host_type;
  const auto host_kind = parsed->host_type();
  if (host_kind == host_type::ipvfuture) return std::nullopt;
  out.is_address = host_kind == host_type::ipv4 || host_kind == host_type::ipv6;
  if (host_kind == host_type::ipv6) {
    out.authority.append("[").append(out.host).append("]");
  } else {
    out.authority = out.host;
  }
  // Leading zeros would make another origin of the same place.
  out.port.erase(0, std::min(out.port.find_first_not_of('0'), out.port.size() - 1));
  if (out.port != own_port) out.authority.append(1, ':').append(out.port);
  out.target = std::string(parsed->encoded_path());
  if (out.target.empty()) out.target.push_back('/');
  if (parsed->has_query()) out.target.append(1, '?').append(std::string(parsed->encoded_query()));
  return out;
}

}  // namespace dispatch
