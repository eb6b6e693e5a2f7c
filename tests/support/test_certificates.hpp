#pragma once

// A throw-away certificate authority (P-256, valid for a day), made at run time: no key is ever committed.

#include <memory>
#include <string>
#include <vector>

namespace dispatch::test {

class certificate_authority {
 public:
  certificate_authority();
  ~certificate_authority();
  certificate_authority(const certificate_authority&) = delete;
  certificate_authority& operator=(const certificate_authority&) = delete;

  struct identity {
    std::string certificate_pem;
    std::string key_pem;
  };
  /// `names` as in OpenSSL's subjectAltName: "DNS:localhost", "IP:127.0.0.1".
  identity issue(const std::vector<std::string>& names, const std::string& common_name = "test server") const;
  /// For a client, valid for so many days (less than 0: it has ended).
  identity issue_client(const std::string& name, int days = 1) const;
  /// A file with the authority's own certificate; removed with this object.
  const std::string& file() const noexcept { return file_; }
  std::string pem() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
  std::string file_;
};

/// The same as PKCS #12; `legacy`: encrypted as macOS does (RC2 and 3DES).
std::string p12_of(const certificate_authority::identity& what, const std::string& password,
                   bool legacy = false);

}  // namespace dispatch::test
