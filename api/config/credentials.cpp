#include <algorithm>
#include <set>
#include <utility>

#include "api/config/table_builder.hpp"
#include "transport/files/regular_file.hpp"

namespace dispatch {
namespace {

std::optional<sha256_digest> parse_digest(std::string_view hex) {
  sha256_digest out{};
  if (hex.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t at = 0; at < hex.size(); ++at) {
    const char c = hex[at];
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) return std::nullopt;
    out[at / 2] = static_cast<std::uint8_t>(out[at / 2] << 4 | value);
  }
  return out;
}

/// One [http.credentials.NAME] after the other, into one table.
class credential_builder {
 public:
  explicit credential_builder(std::vector<ingest_config_issue>& issues) : issues_(issues) {}

  void add(const credential_settings& given) {
    section_issues here("http.credentials." + given.name + '.', issues_);
    const auto who = make_principal(given, here);
    refuse_foreign_keys(given, here);
    if (given.type == "key")
      add_keys(given, who, here);
    else if (given.type == "jwt")
      add_jwt(given, who, here);
    else
      add_hmac(given, who, here);
  }

  credential_table table;

 private:
  static std::shared_ptr<const principal> make_principal(const credential_settings& given,
                                                         section_issues& issues) {
    principal who{"key:" + given.name, given.tenant, {}, given.windows};
    check_tenant(given.tenant, issues);
    if (given.scopes.empty()) issues.add("scopes", "is empty: the credential could do nothing");
    for (const auto& each : given.scopes) {
      if (const auto known = parse_scope(each))
        who.scopes.add(*known);
      else
        issues.add("scopes", "must hold only send, read and admin");
    }
    return std::make_shared<const principal>(std::move(who));
  }

  /// A key of another type would be thought to have an effect.
  static void refuse_foreign_keys(const credential_settings& given, section_issues& issues) {
    const bool symmetric_jwt = given.type == "jwt" && given.algorithm == "HS256";
    const struct {
      const char* key;
      bool set, fits;
    } keys[] = {
        {"key_sha256", !given.key_sha256.empty(), given.type == "key"},
        {"secret_file", !given.secret_file.empty(), given.type == "hmac" || symmetric_jwt},
        {"secret", !given.secret.empty(), given.type == "hmac" || symmetric_jwt},
        {"issuer", !given.issuer.empty(), given.type == "jwt"},
        {"key_id", !given.key_id.empty(), given.type == "jwt"},
        {"audience", !given.audience.empty(), given.type == "jwt"},
        {"public_key_file", !given.public_key_file.empty(), given.type == "jwt" && !symmetric_jwt},
    };
    for (const auto& each : keys)
      if (each.set && !each.fits)
        issues.add(each.key, "has no effect with type " + given.type +
                                 (given.type == "jwt" ? " and algorithm " + given.algorithm : std::string()));
  }

  void add_keys(const credential_settings& given, const std::shared_ptr<const principal>& who,
                section_issues& issues) {
    if (given.key_sha256.empty()) issues.add("key_sha256", "is required");
    for (const auto& hex : given.key_sha256) {
      const auto digest = parse_digest(hex);
      if (!digest)
        issues.add("key_sha256", "must hold SHA-256 digests, 64 hex digits in lower case");
      else if (!digests_.insert(*digest).second)
        issues.add("key_sha256", "holds a digest that stands elsewhere too");
      else
        table.keys.push_back({*digest, who});
    }
  }

  void add_jwt(const credential_settings& given, const std::shared_ptr<const principal>& who,
               section_issues& issues) {
    if (given.issuer.empty()) issues.add("issuer", "is required: tokens name their key by it");
    if (given.audience.empty())
      issues.add("audience", "is required: a token for another service is none for us");
    if (!tokens_.emplace(given.issuer, given.key_id).second)
      issues.add("key_id", "another credential has this issuer and key_id");
    jwt_key made{given.issuer, given.key_id, given.audience, std::string(), {}, {}, who};
    made.leeway = std::chrono::duration_cast<std::chrono::seconds>(given.leeway);
    made.max_lifetime = std::chrono::duration_cast<std::chrono::seconds>(given.max_lifetime);
    if (given.algorithm == "HS256") {
      auto secrets = read_secrets(given.secret, given.secret_file, issues);
      if (secrets.size() > 1)
        issues.add("secret_file", "holds more than one line: a second key is a second credential");
      if (secrets.size() != 1) return;
      if (secrets[0].size() < min_hs256_secret_bytes)
        issues.add("secret_file", "holds a secret shorter than 32 bytes");
      made.key = std::move(secrets[0]);
    } else {
      auto key = read_public_key(given, issues);
      if (!key) return;
      made.key = *std::move(key);
    }
    table.jwts.push_back(std::move(made));
  }

  static std::optional<verifying_key> read_public_key(const credential_settings& given,
                                                      section_issues& issues) {
    if (given.public_key_file.empty()) {
      issues.add("public_key_file", "is required");
      return std::nullopt;
    }
    const auto pem = read_file(given.public_key_file, max_key_file_bytes);
    if (const auto* wrong = std::get_if<file_problem>(&pem)) {
      issues.add("public_key_file", wrong->message);
      return std::nullopt;
    }
    auto key = verifying_key::from_pem(
        std::get<std::string>(pem), given.algorithm == "RS256" ? jws_algorithm::rs256 : jws_algorithm::es256);
    if (key) return *std::move(key);
    issues.add("public_key_file", std::string(to_string(key.error())));
    return std::nullopt;
  }

  void add_hmac(const credential_settings& given, const std::shared_ptr<const principal>& who,
                section_issues& issues) {
    hmac_entry made{given.name, {}, who};
    for (const auto& line : read_secrets(given.secret, given.secret_file, issues)) {
      if (auto secret = webhook_secret::parse(line))
        made.secrets.push_back(*std::move(secret));
      else
        issues.add("secret_file",
                   "must hold secrets of Standard Webhooks: whsec_ and base64 of 24 to 64 bytes");
    }
    hmac_secrets_ += made.secrets.size();
    if (hmac_secrets_ > max_hmac_secrets)
      issues.add("secret_file",
                 "more than " + std::to_string(max_hmac_secrets) +
                     " HMAC secrets in all: each costs every unsigned request a hash of its body");
    table.hmacs.push_back(std::move(made));
  }

  std::vector<ingest_config_issue>& issues_;
  std::set<sha256_digest> digests_;
  std::set<std::pair<std::string, std::string>> tokens_;
  std::size_t hmac_secrets_ = 0;
};

}  // namespace

credential_table make_credential_table(const std::vector<credential_settings>& settings,
                                       std::vector<ingest_config_issue>& issues) {
  credential_builder builder(issues);
  for (const auto& each : settings) builder.add(each);
  return std::move(builder.table);
}

}  // namespace dispatch
