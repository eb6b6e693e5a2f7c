#pragma once

// What requests are checked with, made from the configuration: secrets and mappings are read from their files
// here, at the start and at a reload. All of it is good, or nothing is made.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/auth/credential_table.hpp"
#include "api/gorush/push.hpp"
#include "api/webhooks/source.hpp"
#include "core/ingest_settings.hpp"
#include "core/tenant_apps.hpp"

namespace dispatch {

struct ingest_tables {
  std::shared_ptr<const credential_table> credentials;
  std::map<std::string, webhook_source, std::less<>> sources;  ///< by name
  gorush_door gorush;
  std::vector<tenant_settings> tenants;  ///< by name
};

/// What is wrong; never holds a secret.
struct ingest_config_issue {
  std::string key;  ///< whole path: http.credentials.NAME.secret_file
  std::string message;
};

struct ingest_tables_result {
  std::shared_ptr<const ingest_tables> tables;  ///< nullptr when there are issues
  std::vector<ingest_config_issue> issues;
};

/// Whether anybody is configured who may call.
bool has_callers(const std::vector<credential_settings>& credentials,
                 const std::vector<source_settings>& sources, const gorush_settings& gorush);

/// Reads files; on whatever thread may wait for them.
ingest_tables_result make_ingest_tables(const std::vector<credential_settings>& credentials,
                                        const std::vector<source_settings>& sources,
                                        const gorush_settings& gorush,
                                        std::vector<tenant_settings> tenants = {});

}  // namespace dispatch
