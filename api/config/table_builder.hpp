#pragma once

// Gathers what is wrong while the ingest tables are made. Inner header of the ingest tables.

#include <optional>
#include <string>
#include <vector>

#include "api/auth/credential.hpp"
#include "api/config/ingest_tables.hpp"

namespace dispatch {

/// The issues of one section, "http.credentials.NAME." before its keys.
class section_issues {
 public:
  section_issues(std::string prefix, std::vector<ingest_config_issue>& into)
      : prefix_(std::move(prefix)), into_(into), before_(into.size()) {}

  void add(const std::string& key, std::string message) {
    into_.push_back({prefix_ + key, std::move(message)});
  }
  bool none() const noexcept { return into_.size() == before_; }

 private:
  std::string prefix_;
  std::vector<ingest_config_issue>& into_;
  std::size_t before_;
};

/// The secrets of a section: from `secret` (the environment), else from the lines of `secret_file`. Says what
/// is wrong when there are none.
std::vector<std::string> read_secrets(const std::string& secret, const std::string& secret_file,
                                      section_issues& issues);

/// Reports a tenant that cannot be one (empty, or not [A-Za-z0-9_-]{1,64}).
void check_tenant(const std::string& tenant, section_issues& issues);

credential_table make_credential_table(const std::vector<credential_settings>& settings,
                                       std::vector<ingest_config_issue>& issues);
/// nullopt when an issue was added.
std::optional<webhook_source> make_webhook_source(const source_settings& settings,
                                                  std::vector<ingest_config_issue>& issues);

}  // namespace dispatch
