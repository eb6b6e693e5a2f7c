#include "api/config/ingest_tables.hpp"

#include <stdexcept>
#include <utility>

#include "api/config/table_builder.hpp"
#include "core/job/characters.hpp"
#include "core/secret_lines.hpp"
#include "transport/files/regular_file.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_secret_file_bytes = 16'384;
constexpr std::size_t max_tenant_bytes = 64;

gorush_door make_gorush_door(const gorush_settings& settings, std::vector<ingest_config_issue>& issues) {
  section_issues here("gorush.", issues);
  if (!settings.tenant.empty()) check_tenant(settings.tenant, here);
  if (settings.tenant.empty() && !settings.allow_from.empty())
    here.add("tenant", "is required with allow_from: whose jobs those are");
  try {
    return gorush_door(settings);
  } catch (const std::invalid_argument& wrong) {
    here.add("allow_from", wrong.what());
    return {};
  }
}

}  // namespace

std::vector<std::string> read_secrets(const std::string& secret, const std::string& secret_file,
                                      section_issues& issues) {
  if (!secret.empty() && !secret_file.empty()) {
    issues.add("secret", "stands beside secret_file: one of them");
    return {};
  }
  if (!secret.empty()) return secret_lines(secret);
  if (secret_file.empty()) {
    issues.add("secret_file", "is required");
    return {};
  }
  const auto read = read_file(secret_file, max_secret_file_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) {
    issues.add("secret_file", wrong->message);
    return {};
  }
  auto lines = secret_lines(std::get<std::string>(read));
  if (lines.empty()) issues.add("secret_file", "holds no secret");
  return lines;
}

void check_tenant(const std::string& tenant, section_issues& issues) {
  if (tenant.empty() || tenant.size() > max_tenant_bytes || !all_of(tenant, name_characters))
    issues.add("tenant", "must match [A-Za-z0-9_-]{1,64}");
}

bool has_callers(const std::vector<credential_settings>& credentials,
                 const std::vector<source_settings>& sources, const gorush_settings& gorush) {
  return !credentials.empty() || !sources.empty() || (!gorush.tenant.empty() && !gorush.allow_from.empty());
}

ingest_tables_result make_ingest_tables(const std::vector<credential_settings>& credentials,
                                        const std::vector<source_settings>& sources,
                                        const gorush_settings& gorush, std::vector<tenant_settings> tenants) {
  ingest_tables_result result;
  ingest_tables made;
  made.tenants = std::move(tenants);
  made.credentials =
      std::make_shared<const credential_table>(make_credential_table(credentials, result.issues));
  for (const auto& each : sources)
    if (auto source = make_webhook_source(each, result.issues))
      made.sources.emplace(each.name, *std::move(source));
  made.gorush = make_gorush_door(gorush, result.issues);
  if (result.issues.empty()) result.tables = std::make_shared<const ingest_tables>(std::move(made));
  return result;
}

}  // namespace dispatch
