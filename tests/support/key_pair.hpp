#pragma once

// Key pairs for tests, made when they are asked for: no key is ever committed.

#include <string>

namespace dispatch::test {

struct key_pair {
  std::string private_pem;
  std::string public_pem;
};

/// P-256 (or another group of OpenSSL's), and RSA of so many bits.
key_pair make_ec_keys(const char* group = "P-256");
key_pair make_rsa_keys(unsigned bits = 2048);

}  // namespace dispatch::test
