#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "apps/sandbox/openssl_handles.hpp"

namespace dispatch::sandbox {

// For start-up, but for p256_public_key: all others throw std::runtime_error.
pkey_handle make_p256_key();
pkey_handle make_rsa_2048_key();
std::string private_key_pem(EVP_PKEY* key);  // PKCS#8
pkey_handle private_key_from_pem(std::string_view pem);

// From its uncompressed point; null when that is not on the curve.
pkey_handle p256_public_key(std::string_view point);

// The key in `path`, made there (0600) when the file does not exist.
pkey_handle load_or_make_p256_key(const std::filesystem::path& path);

std::string read_file(const std::filesystem::path& path);
// Through a temporary file and rename: a reader sees the old text or the new.
void write_file(const std::filesystem::path& path, std::string_view text, unsigned mode);

}  // namespace dispatch::sandbox
