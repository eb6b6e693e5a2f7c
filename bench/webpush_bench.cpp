// What encrypting a Web Push message costs beside what OpenSSL asks for the same mathematics through its EVP
// functions, everything set up that can be set up before: a fresh key pair, one Diffie-Hellman, HKDF's two
// chains, AES-128-GCM.

#include <benchmark/benchmark.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <string>

#include "transport/crypto/base64.hpp"
#include "transport/crypto/hkdf.hpp"
#include "transport/providers/webpush/message_encryption.hpp"
#include "transport/providers/webpush/vapid_credential.hpp"

namespace {

using namespace dispatch;

constexpr std::size_t plaintext_bytes = 300;

struct subscriber {
  p256_pair pair = p256().generate();
  std::string point{reinterpret_cast<const char*>(pair.open.data()), pair.open.size()};
  std::string p256dh = base64url(point), auth = base64url(std::string(16, 'a'));
};

void seal(benchmark::State& state) {
  const subscriber to;
  const std::string text(plaintext_bytes, 'x');
  message_sealer sealer;
  for (auto _ : state) {
    std::string body = text;
    if (sealer.seal(to.p256dh, to.auth, body) != seal_status::ok) state.SkipWithError("not sealed");
    benchmark::DoNotOptimize(body);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(seal);

void key_pair(benchmark::State& state) {
  p256 curve;
  for (auto _ : state) benchmark::DoNotOptimize(curve.generate());
}
BENCHMARK(key_pair);

void diffie_hellman(benchmark::State& state) {
  const subscriber to;
  p256 curve;
  const auto mine = curve.generate();
  for (auto _ : state) benchmark::DoNotOptimize(curve.shared_secret(mine.secret, to.point));
}
BENCHMARK(diffie_hellman);

void key_derivation(benchmark::State& state) {
  const std::string info(144, 'i'), salt(16, 's');
  for (auto _ : state) {
    const auto combined = hkdf_expand(hkdf_extract(salt, info), info);
    const auto master = hkdf_extract(salt, info);
    benchmark::DoNotOptimize(hkdf_expand(master, salt));
    benchmark::DoNotOptimize(hkdf_expand(master, salt));
    benchmark::DoNotOptimize(combined);
  }
}
BENCHMARK(key_derivation);

void evp_key_pair(benchmark::State& state) {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY_keygen_init(context);
  EVP_PKEY_CTX_set_group_name(context, "P-256");
  for (auto _ : state) {
    EVP_PKEY* made = nullptr;
    EVP_PKEY_generate(context, &made);
    EVP_PKEY_free(made);
  }
  EVP_PKEY_CTX_free(context);
}
BENCHMARK(evp_key_pair);

/// `checked`: with the multiplication EVP spends on a peer's point by default.
void evp_derive(benchmark::State& state, bool checked) {
  const subscriber to;
  EVP_PKEY* mine = EVP_EC_gen("P-256");
  EVP_PKEY* peer = EVP_PKEY_new();
  EVP_PKEY_copy_parameters(peer, mine);
  EVP_PKEY_set1_encoded_public_key(peer, to.pair.open.data(), to.pair.open.size());
  for (auto _ : state) {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(mine, nullptr);
    unsigned char secret[32];
    std::size_t size = sizeof secret;
    EVP_PKEY_derive_init(context);
    EVP_PKEY_derive_set_peer_ex(context, peer, checked ? 1 : 0);
    EVP_PKEY_derive(context, secret, &size);
    benchmark::DoNotOptimize(secret);
    EVP_PKEY_CTX_free(context);
  }
  EVP_PKEY_free(peer);
  EVP_PKEY_free(mine);
}
BENCHMARK_CAPTURE(evp_derive, checked, true);
BENCHMARK_CAPTURE(evp_derive, unchecked, false);

void evp_hkdf_chain(benchmark::State& state) {
  EVP_KDF* algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(algorithm);
  char digest[] = "SHA256";
  std::string salt(16, 's'), key(32, 'k'), info(144, 'i');
  for (auto _ : state) {
    for (const std::size_t size : {32u, 16u, 12u}) {
      const OSSL_PARAM parameters[] = {
          OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
          OSSL_PARAM_construct_end()};
      unsigned char out[32];
      EVP_KDF_derive(context, out, size, parameters);
      benchmark::DoNotOptimize(out);
    }
  }
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(algorithm);
}
BENCHMARK(evp_hkdf_chain);

void evp_aes_gcm(benchmark::State& state) {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  unsigned char key[16] = {}, nonce[12] = {}, text[plaintext_bytes + 16] = {};
  EVP_EncryptInit_ex2(context, cipher, nullptr, nullptr, nullptr);
  for (auto _ : state) {
    int size = 0;
    EVP_EncryptInit_ex2(context, nullptr, key, nonce, nullptr);
    EVP_EncryptUpdate(context, text, &size, text, plaintext_bytes);
    EVP_EncryptFinal_ex(context, text + size, &size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, text + plaintext_bytes);
    benchmark::DoNotOptimize(text);
  }
  EVP_CIPHER_CTX_free(context);
  EVP_CIPHER_free(cipher);
}
BENCHMARK(evp_aes_gcm);

/// Once per push service every 6 hours.
void vapid_token(benchmark::State& state) {
  const auto pair = p256().generate();
  const std::string_view secret(reinterpret_cast<const char*>(pair.secret.data()), pair.secret.size());
  const auto identity = std::get<0>(vapid_identity::make(base64url(secret), "mailto:ops@example.com"));
  for (auto _ : state)
    benchmark::DoNotOptimize(identity->token("https://push.example", std::chrono::seconds{1'795'435'200}));
}
BENCHMARK(vapid_token);

}  // namespace
