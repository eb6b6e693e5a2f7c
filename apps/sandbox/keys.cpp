#include "apps/sandbox/keys.hpp"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace dispatch::sandbox {
namespace {

pkey_handle checked(EVP_PKEY* key, const char* what) {
  if (key == nullptr) throw std::runtime_error(what);
  return pkey_handle(key);
}

}  // namespace

pkey_handle make_p256_key() {
  return checked(EVP_EC_gen("P-256"), "cannot make a P-256 key");
}

pkey_handle make_rsa_2048_key() {
  return checked(EVP_RSA_gen(2048), "cannot make an RSA key");
}

std::string private_key_pem(EVP_PKEY* key) {
  bio_handle memory(BIO_new(BIO_s_mem()));
  if (!memory ||
      PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw std::runtime_error("cannot write a private key");
  }
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

pkey_handle private_key_from_pem(std::string_view pem) {
  bio_handle memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return checked(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr),
                 "cannot read a private key");
}

pkey_handle p256_public_key(std::string_view point) {
  char group[] = "P-256";
  std::string bytes(point);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  if (context != nullptr && EVP_PKEY_fromdata_init(context) == 1)
    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters));
  EVP_PKEY_CTX_free(context);
  return pkey_handle(key);
}

pkey_handle load_or_make_p256_key(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return private_key_from_pem(read_file(path));
  auto key = make_p256_key();
  write_file(path, private_key_pem(key.get()), 0600);
  return key;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::filesystem::path& path, std::string_view text, unsigned mode) {
  const auto temporary = path.string() + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot write " + temporary);
  const auto written = ::write(fd, text.data(), text.size());
  if (::close(fd) != 0 || written != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("cannot write " + temporary);
  }
  std::filesystem::rename(temporary, path);
}

}  // namespace dispatch::sandbox
