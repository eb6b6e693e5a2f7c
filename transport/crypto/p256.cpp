#include "transport/crypto/p256.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <stdexcept>

namespace dispatch {
namespace {

struct release {
  void operator()(BIGNUM* what) const noexcept { BN_clear_free(what); }
  void operator()(BN_CTX* what) const noexcept { BN_CTX_free(what); }
  void operator()(EC_GROUP* what) const noexcept { EC_GROUP_free(what); }
  void operator()(EC_POINT* what) const noexcept { EC_POINT_clear_free(what); }
};

template <class Made>
Made* need(Made* made) {
  if (made == nullptr) throw std::runtime_error("OpenSSL has no P-256");
  return made;
}

void must(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

}  // namespace

struct p256::state {
  // EVP would copy the group for every key, and check a peer's point by a second multiplication.
  std::unique_ptr<EC_GROUP, release> group{need(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1))};
  std::unique_ptr<BN_CTX, release> scratch{need(BN_CTX_secure_new())};
  std::unique_ptr<BIGNUM, release> secret{need(BN_secure_new())};
  std::unique_ptr<BIGNUM, release> x{need(BN_secure_new())};
  std::unique_ptr<EC_POINT, release> peer{need(EC_POINT_new(group.get()))};
  std::unique_ptr<EC_POINT, release> product{need(EC_POINT_new(group.get()))};

  state() { BN_set_flags(secret.get(), BN_FLG_CONSTTIME); }

  /// Of `secret`.
  p256_pair pair() {
    p256_pair made;
    must(EC_POINT_mul(group.get(), product.get(), secret.get(), nullptr, nullptr, scratch.get()) == 1 &&
             EC_POINT_point2oct(group.get(), product.get(), POINT_CONVERSION_UNCOMPRESSED, made.open.data(),
                                made.open.size(), scratch.get()) == made.open.size() &&
             BN_bn2binpad(secret.get(), made.secret.data(), static_cast<int>(made.secret.size())) > 0,
         "OpenSSL: no key pair");
    return made;
  }

  bool read_peer(std::string_view bytes) {
    constexpr char uncompressed = 4;
    if (bytes.size() != p256_point().size() || bytes.front() != uncompressed) return false;
    const bool on_curve =
        EC_POINT_oct2point(group.get(), peer.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                           bytes.size(), scratch.get()) == 1;
    if (!on_curve) ERR_clear_error();
    return on_curve;
  }
};

p256::p256() : state_(std::make_unique<state>()) {}

p256::~p256() = default;

p256_pair p256::generate() {
  do {
    must(BN_priv_rand_range(state_->secret.get(), EC_GROUP_get0_order(state_->group.get())) == 1,
         "OpenSSL has no random bytes");
  } while (BN_is_zero(state_->secret.get()));
  return state_->pair();
}

std::optional<p256_pair> p256::pair_of(std::string_view secret) {
  if (secret.size() != p256_number().size()) return std::nullopt;
  must(BN_bin2bn(reinterpret_cast<const unsigned char*>(secret.data()), static_cast<int>(secret.size()),
                 state_->secret.get()) != nullptr,
       "OpenSSL: no number");
  if (BN_is_zero(state_->secret.get()) ||
      BN_cmp(state_->secret.get(), EC_GROUP_get0_order(state_->group.get())) >= 0)
    return std::nullopt;
  return state_->pair();
}

std::optional<p256_number> p256::shared_secret(const p256_number& secret, std::string_view peer) {
  auto& with = *state_;
  if (!with.read_peer(peer)) return std::nullopt;
  p256_number shared;
  must(BN_bin2bn(secret.data(), static_cast<int>(secret.size()), with.secret.get()) != nullptr &&
           EC_POINT_mul(with.group.get(), with.product.get(), nullptr, with.peer.get(), with.secret.get(),
                        with.scratch.get()) == 1 &&
           EC_POINT_get_affine_coordinates(with.group.get(), with.product.get(), with.x.get(), nullptr,
                                           with.scratch.get()) == 1 &&
           BN_bn2binpad(with.x.get(), shared.data(), static_cast<int>(shared.size())) > 0,
       "OpenSSL: no shared secret");
  return shared;
}

bool p256::is_point(std::string_view bytes) {
  return state_->read_peer(bytes);
}

}  // namespace dispatch
