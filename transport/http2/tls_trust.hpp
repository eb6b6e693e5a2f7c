#pragma once

// Which certificates are trusted, and the TLS rules: an SSL_CTX. Loading the system's certificates takes
// 10 ms and a megabyte, so all connections that trust the same share one. Immutable once made; any thread.

#include <compare>
#include <memory>
#include <string>

struct ssl_ctx_st;

namespace dispatch::http2 {

/// What a trust is made from.
struct tls_files {
  std::string ca_file;                                 ///< PEM; empty = the system's store
  auto operator<=>(const tls_files&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 errs
};

class tls_trust {
 public:
  /// Throws std::runtime_error when a file cannot be read.
  explicit tls_trust(const tls_files& files);
  ~tls_trust();
  tls_trust(const tls_trust&) = delete;
  tls_trust& operator=(const tls_trust&) = delete;

  ssl_ctx_st* context() const noexcept { return context_; }

 private:
  ssl_ctx_st* context_;
};

/// One for all who ask for the same files while anybody holds it: read again only after that.
std::shared_ptr<const tls_trust> shared_trust(const tls_files& files);

}  // namespace dispatch::http2
