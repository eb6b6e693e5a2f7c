#include "apps/sandbox/credentials.hpp"

#include <openssl/rand.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "apps/sandbox/certificates.hpp"
#include "apps/sandbox/keys.hpp"
#include "apps/sandbox/webhook_rules.hpp"

namespace dispatch::sandbox {
namespace {

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes)) != 1) {
    throw std::runtime_error("no randomness");
  }
  std::string text;
  for (char c : raw) {
    constexpr std::string_view digits = "0123456789abcdef";
    text.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

x509_handle load_or_make_ca(const std::filesystem::path& file, EVP_PKEY* key) {
  if (std::filesystem::exists(file)) {
    auto ca = certificate_from_pem(read_file(file));
    if (outlives_days(ca.get(), 30) && X509_check_private_key(ca.get(), key) == 1) return ca;
  }
  auto ca = make_ca_certificate(key);
  write_file(file, certificate_pem(ca.get()), 0644);
  return ca;
}

void load_or_make_service_account(credentials& into) {
  if (!std::filesystem::exists(into.service_account_file)) {
    into.service_account_key = make_rsa_2048_key();
    into.service_account_key_id = random_hex(20);
    return;
  }
  const auto account = boost::json::parse(read_file(into.service_account_file)).as_object();
  into.service_account_key = private_key_from_pem(account.at("private_key").as_string());
  into.service_account_key_id = std::string(account.at("private_key_id").as_string());
}

// Its key is nobody's but the file's.
void write_apns_certificate(const credentials& into, X509* ca, EVP_PKEY* ca_key) {
  const auto key = make_p256_key();
  const auto certificate = make_client_certificate(key.get(), ca, ca_key, credentials::apns_topic);
  const auto password = random_hex(16);
  write_file(into.apns_certificate_password_file, password + "\n", 0600);
  write_file(into.apns_certificate_file, pack_p12(certificate.get(), key.get(), password), 0600);
}

}  // namespace

credentials load_or_make_credentials(const std::filesystem::path& directory, std::string_view host) {
  credentials made;
  made.ca_file = directory / "ca.pem";
  made.service_account_file = directory / "fcm-service-account.json";
  made.apns_key_file = directory / "apns-key.p8";
  made.apns_certificate_file = directory / "apns-certificate.p12";
  made.apns_certificate_password_file = directory / "apns-certificate.password";

  auto ca_key = load_or_make_p256_key(directory / "ca-key.pem");
  auto ca = load_or_make_ca(made.ca_file, ca_key.get());
  auto server_key = load_or_make_p256_key(directory / "server-key.pem");
  auto server = make_server_certificate(server_key.get(), ca.get(), ca_key.get(), host);
  made.server_chain_pem = certificate_pem(server.get()) + certificate_pem(ca.get());
  made.server_key_pem = private_key_pem(server_key.get());
  write_file(directory / "server.pem", made.server_chain_pem, 0644);

  made.vapid_key_file = directory / "vapid-key.pem";
  load_or_make_p256_key(made.vapid_key_file);
  made.apns_key = load_or_make_p256_key(made.apns_key_file);
  write_apns_certificate(made, ca.get(), ca_key.get());
  load_or_make_service_account(made);
  made.webhook_secret_file = directory / "webhook.secret";
  if (!std::filesystem::exists(made.webhook_secret_file))
    write_file(made.webhook_secret_file, make_webhook_secret() + "\n", 0600);
  made.webhook_secret = webhook_secret_bytes(read_file(made.webhook_secret_file));
  return made;
}

void write_service_account(const credentials& with, std::string_view token_uri) {
  const boost::json::object account{
      {"type", "service_account"},
      {"project_id", credentials::project_id},
      {"private_key_id", with.service_account_key_id},
      {"private_key", private_key_pem(with.service_account_key.get())},
      {"client_email", credentials::client_email},
      {"client_id", "100000000000000000001"},
      {"auth_uri", "https://accounts.google.com/o/oauth2/auth"},
      {"token_uri", token_uri},
      {"universe_domain", "googleapis.com"},
  };
  write_file(with.service_account_file, boost::json::serialize(account) + "\n", 0600);
}

}  // namespace dispatch::sandbox
