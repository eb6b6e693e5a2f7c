#include "transport/http2/endpoint.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <stdexcept>

namespace dispatch::http2 {

endpoint parse_endpoint(std::string_view url, bool allow_http) {
  const auto parsed = boost::urls::parse_uri(url);
  const auto refuse = [&](const char* why) {
    return std::invalid_argument("endpoint '" + std::string(url) + "': " + why);
  };
  if (!parsed) throw refuse("not a URL");
  const bool secure = parsed->scheme_id() == boost::urls::scheme::https;
  const bool plain = allow_http && parsed->scheme_id() == boost::urls::scheme::http;
  if (!secure && !plain) throw refuse("must be https");
  if (parsed->has_userinfo()) throw refuse("must not hold credentials");
  if (parsed->has_query() || parsed->has_fragment() || parsed->encoded_path().size() > 1)
    throw refuse("must not have a path or query");
  // An escaped name would be another name to whoever decodes it once more.
  if (parsed->encoded_host().find('%') != std::string_view::npos)
    throw refuse("must name its host unescaped");
  endpoint out;
  out.secure = secure;
  out.host = parsed->host_address();
  if (out.host.empty()) throw refuse("has no host");
  const std::string default_port = secure ? "443" : "80";
  out.port = parsed->has_port() ? std::string(parsed->port()) : default_port;
  unsigned number = 0;
  const auto* const end = out.port.data() + out.port.size();
  const auto read = std::from_chars(out.port.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number == 0 || number > 65'535)
    throw refuse("has no valid port");
  const auto kind = parsed->host_type();
  out.is_address = kind == boost::urls::host_type::ipv4 || kind == boost::urls::host_type::ipv6;
  out.authority = std::string(parsed->encoded_host());
  if (out.port != default_port) out.authority += ":" + out.port;
  return out;
}

}  // namespace dispatch::http2
