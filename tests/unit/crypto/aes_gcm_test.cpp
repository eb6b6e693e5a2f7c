#include "transport/crypto/aes_gcm.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"

namespace dispatch {
namespace {

using test::from_hex;

/// Test cases 1 to 3 of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B.
TEST(aes_gcm, encrypts_as_published) {
  aes128_gcm cipher;
  const auto encrypt = [&](std::string_view key, std::string_view nonce, std::string text) {
    const auto size = text.size();
    text.resize(size + aes128_gcm::tag_bytes);
    cipher.encrypt(test::array_of<aes128_gcm::key>(from_hex(key)),
                   test::array_of<aes128_gcm::nonce>(from_hex(nonce)),
                   reinterpret_cast<unsigned char*>(text.data()), size);
    return text;
  };
  const std::string zero_key(32, '0'), zero_nonce(24, '0');
  EXPECT_EQ(encrypt(zero_key, zero_nonce, ""), from_hex("58e2fccefa7e3061367f1d57a4e7455a"));
  EXPECT_EQ(encrypt(zero_key, zero_nonce, std::string(16, '\0')),
            from_hex("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"));
  EXPECT_EQ(encrypt("feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
                    from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                             "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255")),
            from_hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
                     "4d5c2af327cd64a62cf35abd2ba6fab4"));
}

}  // namespace
}  // namespace dispatch
