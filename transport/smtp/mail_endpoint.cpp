#include "transport/smtp/mail_endpoint.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace dispatch::smtp {

bool mail_endpoint::is_loopback() const {
  if (peer.host == "localhost") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(peer.host, error);
  return !error && address.is_loopback();
}

std::variant<mail_endpoint, std::string> parse_mail_endpoint(std::string_view url) {
  using text = std::string;
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return text("must be smtp://HOST[:PORT] or smtps://HOST[:PORT]");
  mail_endpoint out;
  if (parsed->scheme() == "smtps") {
    out.how = protection::implicit;
  } else if (parsed->scheme() != "smtp") {
    return text("must begin with smtp:// or smtps://");
  }
  if (parsed->has_userinfo()) return text("must not hold credentials");
  if (parsed->has_query() || parsed->has_fragment() || parsed->encoded_path().size() > 1)
    return text("must have neither path, query nor fragment");
  out.peer.host = parsed->host_address();
  if (out.peer.host.empty()) return text("has no host");
  const auto usual = out.how == protection::implicit ? "465" : "587";
  out.peer.port = parsed->has_port() ? text(parsed->port()) : usual;
  if (parsed->has_port() && parsed->port_number() == 0) return text("has no valid port");
  const auto kind = parsed->host_type();
  out.peer.is_address = kind == boost::urls::host_type::ipv4 || kind == boost::urls::host_type::ipv6;
  out.peer.authority = text(parsed->encoded_host()) + ':' + out.peer.port;
  return out;
}

}  // namespace dispatch::smtp
