#include "transport/http2/tls_trust.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <map>
#include <mutex>
#include <stdexcept>

#include "transport/http2/tls_context.hpp"

namespace dispatch::http2 {
namespace {

std::string last_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

}  // namespace

tls_trust::tls_trust(const tls_files& files) : context_(SSL_CTX_new(TLS_client_method())) {
  if (context_ == nullptr) throw std::runtime_error("TLS: " + last_error());
  const int loaded = files.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context_)
                                           : SSL_CTX_load_verify_file(context_, files.ca_file.c_str());
  if (loaded != 1) {
    SSL_CTX_free(context_);
    throw std::runtime_error("cannot read the trusted certificates of '" + files.ca_file +
                             "': " + last_error());
  }
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  // Tickets are kept by tls_context, an origin's apart from another's.
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context_, tls_context::keep_session);
}

tls_trust::~tls_trust() {
  SSL_CTX_free(context_);
}

std::shared_ptr<const tls_trust> shared_trust(const tls_files& files) {
  static std::mutex guard;
  static std::map<tls_files, std::weak_ptr<const tls_trust>> known;  // as many as are configured
  const std::scoped_lock lock(guard);
  auto& place = known[files];
  if (auto held = place.lock()) return held;
  auto made = std::make_shared<const tls_trust>(files);
  place = made;
  return made;
}

}  // namespace dispatch::http2
