#include "storage/redis/address.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <stdexcept>

namespace dispatch::redis {

std::string address::name() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const bool bare_v6 = host.find(':') != std::string::npos;
  return (bare_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

address parse_address(std::string_view text) {
  const auto authority =
      text.substr(0, text.find_first_of("/?#", std::min(text.find("://") + 3, text.size())));
  if (std::count(authority.begin(), authority.end(), '@') > 1)
    throw std::invalid_argument("Redis URL: an @ in the user or the password is written %40");
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) throw std::invalid_argument("Redis URL: not a URL");
  const boost::urls::url_view& url = *parsed;
  // Nothing in it would be honoured: better said than written to database 0.
  if (url.has_query() || url.has_fragment())
    throw std::invalid_argument(
        "Redis URL: must have neither query nor fragment (a database is its path: redis://HOST/3)");
  address result;
  result.user = url.user();
  result.password = url.password();
  const std::string scheme(url.scheme());
  const std::string path = url.path();
  if (scheme == "unix") {
    // The system would take a path up to its first zero.
    if (path.size() < 2 || path.find('\0') != std::string::npos || !url.encoded_host().empty()) {
      throw std::invalid_argument("Redis URL: unix:// wants an absolute path (unix:///run/redis.sock)");
    }
    result.unix_path = path;
    return result;
  }
  if (scheme != "redis" && scheme != "rediss") {
    throw std::invalid_argument("Redis URL: the scheme must be redis, rediss or unix");
  }
  result.tls = scheme == "rediss";
  result.host = url.host_type() == boost::urls::host_type::ipv6 ? url.host_address() : url.host();
  if (result.host.empty()) throw std::invalid_argument("Redis URL: no host");
  if (url.has_port()) {
    const std::string_view port = url.port();
    const auto [stopped, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (error != std::errc() || stopped != port.data() + port.size() || result.port == 0) {
      throw std::invalid_argument("Redis URL: unusable port");
    }
  }
  if (path.size() > 1) {
    const char* end = path.data() + path.size();
    const auto [stopped, error] = std::from_chars(path.data() + 1, end, result.database);
    if (error != std::errc() || stopped != end || result.database < 0) {
      throw std::invalid_argument("Redis URL: the path must be a database number");
    }
  }
  return result;
}

}  // namespace dispatch::redis
