#include <algorithm>
#include <utility>

#include "api/config/table_builder.hpp"
#include "api/webhooks/header_name.hpp"
#include "transport/files/regular_file.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_mapping_bytes = 65'536;
/// SOURCE: and a SHA-256 in hex fit into a job's id.
constexpr std::size_t max_source_name_bytes = 48;
/// A shared word must not be guessable at some dozens of tries a minute.
constexpr std::size_t min_secret_bytes = 16;

void check_lengths(const std::vector<std::string>& secrets, section_issues& issues) {
  if (std::any_of(secrets.begin(), secrets.end(),
                  [](const auto& each) { return each.size() < min_secret_bytes; }))
    issues.add("secret_file", "holds a secret shorter than 16 bytes");
}

webhook_verification make_standard_webhooks(const std::vector<std::string>& secrets,
                                            const source_settings& given, section_issues& issues) {
  standard_webhooks_scheme made;
  made.tolerance = std::chrono::duration_cast<std::chrono::seconds>(given.tolerance);
  for (const auto& line : secrets) {
    if (auto secret = webhook_secret::parse(line))
      made.secrets.push_back(*std::move(secret));
    else
      issues.add("secret_file",
                 "must hold secrets of Standard Webhooks: whsec_ and base64 of 24 to 64 bytes");
  }
  if (!given.signature_header.empty())
    issues.add("signature_header", "has no effect with verify standard-webhooks");
  return made;
}

webhook_verification make_hex_hmac(std::vector<std::string> secrets, const source_settings& given,
                                   section_issues& issues) {
  check_lengths(secrets, issues);
  if (given.signature_header.empty())
    issues.add("signature_header", "is required: X-Hub-Signature-256, Stripe-Signature, …");
  const bool timestamped = given.signature_form == "timestamped";
  if (timestamped && !given.signature_prefix.empty())
    issues.add("signature_prefix", "has no effect with signature_form timestamped");
  return hex_hmac_scheme{std::move(secrets), header_name(given.signature_header), given.signature_prefix,
                         timestamped, std::chrono::duration_cast<std::chrono::seconds>(given.tolerance)};
}

webhook_verification make_verification(const source_settings& given, section_issues& issues) {
  auto secrets = read_secrets(given.secret, given.secret_file, issues);
  if (given.verify == "standard-webhooks") return make_standard_webhooks(secrets, given, issues);
  if (given.verify == "hmac-sha256-hex") return make_hex_hmac(std::move(secrets), given, issues);
  check_lengths(secrets, issues);
  bearer_scheme made{std::move(secrets)};
  if (!given.signature_header.empty()) made.header = header_name(given.signature_header);
  return made;
}

std::optional<webhook_mapping> read_mapping(const source_settings& given, section_issues& issues) {
  if (given.mapping_file.empty()) {
    issues.add("mapping_file", "is required");
    return std::nullopt;
  }
  const auto text = read_file(given.mapping_file, max_mapping_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&text)) {
    issues.add("mapping_file", wrong->message);
    return std::nullopt;
  }
  auto compiled = webhook_mapping::compile(std::get<std::string>(text));
  if (const auto* wrong = std::get_if<mapping_error>(&compiled)) {
    const auto place = wrong->pointer.empty() ? std::string() : ' ' + wrong->pointer + ':';
    issues.add("mapping_file", given.mapping_file + ':' + place + ' ' + wrong->message);
    return std::nullopt;
  }
  return std::get<webhook_mapping>(std::move(compiled));
}

}  // namespace

std::optional<webhook_source> make_webhook_source(const source_settings& given,
                                                  std::vector<ingest_config_issue>& issues) {
  section_issues here("http.sources." + given.name + '.', issues);
  check_tenant(given.tenant, here);
  if (given.name.size() > max_source_name_bytes)
    here.add("name", "a source's name has at most 48 characters: it begins the ids of its jobs");
  auto verification = make_verification(given, here);
  auto id = delivery_id_rule::parse(given.delivery_id);
  if (!id) here.add("delivery_id", R"(must be empty, "/pointer", "header:NAME" or "body")");
  auto mapping = read_mapping(given, here);
  if (!here.none()) return std::nullopt;
  principal who{"source:" + given.name, given.tenant, {}, given.windows};
  who.scopes.add(scope::send);
  return webhook_source(given.name, std::move(who), given.lane, std::move(verification), *std::move(id),
                        *std::move(mapping));
}

}  // namespace dispatch
