#include "apps/sandbox/oauth.hpp"

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "apps/sandbox/jwt.hpp"

namespace dispatch::sandbox {
namespace {

constexpr std::int64_t skew_s = 300;
constexpr std::int64_t max_lifetime_s = 3600;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string form_decoded(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      plain.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      plain.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return plain;
}

std::string form_field(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const auto end = form.find('&');
    const auto pair = form.substr(0, end);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return form_decoded(pair.substr(name.size() + 1));
    }
    if (end == std::string_view::npos) break;
    form.remove_prefix(end + 1);
  }
  return {};
}

bool has_messaging_scope(std::string_view scopes) {
  while (!scopes.empty()) {
    const auto end = scopes.find(' ');
    const auto scope = scopes.substr(0, end);
    if (scope == "https://www.googleapis.com/auth/firebase.messaging" ||
        scope == "https://www.googleapis.com/auth/cloud-platform") {
      return true;
    }
    if (end == std::string_view::npos) break;
    scopes.remove_prefix(end + 1);
  }
  return false;
}

bool times_are_right(const jwt& token, std::int64_t now_s) {
  const auto issued = token.claim_seconds("iat");
  const auto expires = token.claim_seconds("exp");
  if (!issued || !expires) return false;
  // The claims are a stranger's numbers: no subtraction before they are near now.
  if (*issued > now_s + skew_s || *issued < now_s - max_lifetime_s - skew_s) return false;
  if (*expires <= now_s - skew_s || *expires > now_s + max_lifetime_s + skew_s) return false;
  return *expires - *issued <= max_lifetime_s;
}

}  // namespace

grant_problem judge_grant(std::string_view form, const oauth_rules& rules, std::int64_t now_s,
                          std::string_view& detail) {
  if (form_field(form, "grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer") {
    detail = "Invalid grant_type";
    return grant_problem::unsupported_grant_type;
  }
  const auto token = parse_jwt(form_field(form, "assertion"));
  if (!token) {
    detail = "Bad Request";
    return grant_problem::invalid_grant;
  }
  if (token->claim_text("iss") != rules.issuer) {
    detail = "Invalid grant: account not found";
    return grant_problem::invalid_grant;
  }
  if (!verify_rs256(*token, rules.key)) {
    detail = "Invalid JWT Signature.";
    return grant_problem::invalid_grant;
  }
  if (token->claim_text("aud") != rules.audience) {
    detail = "Invalid JWT: Failed audience check.";
    return grant_problem::invalid_grant;
  }
  if (!times_are_right(*token, now_s)) {
    detail =
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check "
        "your iat "
        "and exp values in the JWT claim.";
    return grant_problem::invalid_grant;
  }
  if (!has_messaging_scope(token->claim_text("scope"))) {
    detail = "Invalid OAuth scope or ID token audience provided.";
    return grant_problem::invalid_scope;
  }
  return grant_problem::none;
}

void oauth_error(answer& out, int status, std::string_view error, std::string_view description) {
  out.status = status;
  out.reason = error;
  out.content_type = "application/json; charset=utf-8";
  out.body =
      boost::json::serialize(boost::json::object{{"error", error}, {"error_description", description}});
}

}  // namespace dispatch::sandbox
