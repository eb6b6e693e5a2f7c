#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "apps/sandbox/openssl_handles.hpp"

namespace dispatch::sandbox {

// Everything secret and signed that a client of the sandbox needs, as files in the sandbox's directory.
// A restart on the same directory finds CA and keys again; the certificates it signs are made anew.
struct credentials {
  static constexpr std::string_view project_id = "sandbox-project";
  static constexpr std::string_view apns_key_id = "SANDBOXKEY";
  static constexpr std::string_view apns_team_id = "SANDBOXTEA";
  static constexpr std::string_view apns_topic = "app.example.duru";
  static constexpr std::string_view vapid_subject = "mailto:ops@sandbox.example";
  static constexpr std::string_view client_email = "dispatch-sandbox@sandbox-project.iam.gserviceaccount.com";

  std::filesystem::path ca_file, service_account_file, apns_key_file;
  std::filesystem::path apns_certificate_file, apns_certificate_password_file;
  std::filesystem::path vapid_key_file, webhook_secret_file;
  std::string server_chain_pem, server_key_pem;
  pkey_handle service_account_key;
  std::string service_account_key_id;
  pkey_handle apns_key;
  std::string webhook_secret;  // its bytes
};

// Throws at start-up what stands in its way.
credentials load_or_make_credentials(const std::filesystem::path& directory, std::string_view host);

// Written once the port is known, in the shape of the file Google's console hands out.
void write_service_account(const credentials& with, std::string_view token_uri);

}  // namespace dispatch::sandbox
