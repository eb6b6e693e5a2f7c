#include "apps/dispatchctl/credentials.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "api/auth/credential.hpp"
#include "api/auth/jwt.hpp"
#include "apps/dispatchctl/session.hpp"
#include "apps/standard_streams.hpp"
#include "core/digest.hpp"
#include "core/job/characters.hpp"
#include "core/printable.hpp"
#include "core/secret_lines.hpp"
#include "transport/crypto/base64.hpp"
#include "transport/crypto/hmac.hpp"
#include "transport/crypto/webhook_secret.hpp"
#include "transport/files/regular_file.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t key_bytes = 32;
constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t max_body_bytes = 1 << 20;

std::string read_input(const std::string& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  auto read = read_file(path, max_body_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) throw usage_error(wrong->message);
  return std::get<std::string>(std::move(read));
}

/// Of --secret-file, else of the environment: not an argument, which every user of the machine can read.
std::string read_secret(const std::string& file) {
  if (file.empty()) {
    const char* given = std::getenv("DISPATCHCTL_SECRET");
    if (!given) throw usage_error("needs --secret-file or DISPATCHCTL_SECRET");
    return given;
  }
  const auto read = read_file(file, max_key_file_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) throw usage_error(wrong->message);
  const auto lines = secret_lines(std::get<std::string>(read));
  if (lines.empty()) throw usage_error(file + " holds no secret");
  return lines[0];
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "\"" : ", \"") + text + '"';
  return '[' + out + ']';
}

std::string section(const new_key_options& options, const std::string& proof) {
  auto out = fmt::format("[http.credentials.{}]\ntype = \"{}\"\ntenant = \"{}\"\nscopes = {}\n{}\n",
                         options.name, options.type, options.tenant, quoted_list(options.scopes), proof);
  for (const auto& [key, value] :
       {std::pair("per_minute", options.per_minute), std::pair("per_hour", options.per_hour),
        std::pair("per_day", options.per_day)})
    if (value >= 0) out += fmt::format("{} = {}\n", key, value);
  return out;
}

std::int64_t seconds_of(std::chrono::system_clock::time_point now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

std::string hs256_token(const std::string& header, const std::string& claims, const std::string& secret) {
  if (secret.size() < min_hs256_secret_bytes) throw usage_error("a secret for HS256 has at least 32 bytes");
  const auto input = base64url(header) + '.' + base64url(claims);
  return input + '.' + base64url(bytes_of(hmac_sha256(secret, {input})));
}

}  // namespace

std::string new_key_text(const new_key_options& options, const std::string& random) {
  for (const auto& each : options.scopes)
    if (!parse_scope(each)) throw usage_error("--scope is send, read or admin, not '" + each + "'");
  for (const auto& name : {options.name, options.tenant})
    if (name.empty() || name.size() > max_name_bytes || !all_of(name, name_characters))
      throw usage_error("--name and --tenant must match [A-Za-z0-9_-]{1,64}");
  const bool is_hmac = options.type == "hmac";
  const auto key = is_hmac ? "whsec_" + base64(random) : "dk_" + base64url(random);
  const auto digest = to_hex(sha256(key));
  const auto proof = is_hmac ? "secret_file = \"/etc/dispatch/" + options.name + ".secret\""
                             : "key_sha256 = [\"" + digest + "\"]";
  const auto toml = section(options, proof);
  if (options.json) {
    json::object out{{is_hmac ? "secret" : "key", key}, {"config", toml}};
    if (!is_hmac) out["sha256"] = digest;
    return json::serialize(out) + '\n';
  }
  const auto* note = is_hmac ? "The secret. Give it to the producer, and store it as the file's line:"
                             : "The key. It is shown this once; give it to the producer:";
  return fmt::format("{}\n\n  {}\n\nFor dispatchd.toml:\n\n{}", note, key, toml);
}

int run_new_key(const new_key_options& options) {
  const auto text = new_key_text(options, random_secret(key_bytes));
  print_text(text);
  return 0;
}

std::string signed_headers(const sign_options& options, const std::string& secret, const std::string& body,
                           std::chrono::system_clock::time_point now) {
  const auto key = webhook_secret::parse(secret);
  if (!key) throw usage_error("the secret must be whsec_ and base64 of 24 to 64 bytes");
  const auto id = options.id.empty() ? "msg_" + base64url(random_secret(16)) : options.id;
  if (id.find_first_of(". \t\r\n") != std::string::npos || printable(id) != id)
    throw usage_error("--id must hold neither blank, full stop nor control characters");
  const auto timestamp = options.timestamp == 0 ? seconds_of(now) : options.timestamp;
  const auto signature = key->sign(id, timestamp, body);
  if (options.json)
    return json::serialize(json::object{{"webhook-id", id},
                                        {"webhook-timestamp", std::to_string(timestamp)},
                                        {"webhook-signature", signature}}) +
           '\n';
  return fmt::format("webhook-id: {}\nwebhook-timestamp: {}\nwebhook-signature: {}\n", id, timestamp,
                     signature);
}

std::string signed_token(const sign_options& options, const std::string& key,
                         std::chrono::system_clock::time_point now) {
  if (options.issuer.empty() || options.audience.empty())
    throw usage_error("--jwt needs --issuer and --audience");
  const auto at = seconds_of(now);
  json::object header{{"alg", options.jwt}, {"typ", "JWT"}};
  if (!options.key_id.empty()) header["kid"] = options.key_id;
  json::object claims{
      {"iss", options.issuer}, {"aud", options.audience}, {"iat", at}, {"exp", at + options.expires_in}};
  if (!options.subject.empty()) claims["sub"] = options.subject;
  if (options.jwt == "HS256") return hs256_token(json::serialize(header), json::serialize(claims), key);
  const auto algorithm = options.jwt == "RS256" ? jws_algorithm::rs256 : jws_algorithm::es256;
  const auto signer = signing_key::from_pem(key, algorithm);
  if (!signer) throw usage_error("--key-file: " + std::string(to_string(signer.error())));
  const auto token = signer->sign(json::serialize(header), json::serialize(claims));
  if (!token) throw command_failed(std::string(to_string(token.error())));
  return *token;
}

int run_sign(const sign_options& options) {
  const auto now = std::chrono::system_clock::now();
  if (options.jwt.empty()) {
    const auto text =
        signed_headers(options, read_secret(options.secret_file), read_input(options.body), now);
    print_text(text);
    return 0;
  }
  const bool symmetric = options.jwt == "HS256";
  if (!symmetric && options.key_file.empty()) throw usage_error("--jwt " + options.jwt + " needs --key-file");
  const auto token =
      signed_token(options, symmetric ? read_secret(options.secret_file) : read_input(options.key_file), now);
  const auto text = options.json ? json::serialize(json::object{{"token", token}}) : token;
  print_text(text + '\n');
  return 0;
}

}  // namespace dispatch::ctl
