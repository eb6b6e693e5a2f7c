#include "transport/crypto/hkdf.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"

namespace dispatch {
namespace {

TEST(hkdf, derives_as_rfc_5869_appendix_a1) {
  const auto key = hkdf_extract(test::from_hex("000102030405060708090a0b0c"), std::string(22, '\x0b'));
  EXPECT_EQ(to_hex(key), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  EXPECT_EQ(to_hex(hkdf_expand(key, test::from_hex("f0f1f2f3f4f5f6f7f8f9"))),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(hkdf, derives_without_salt_and_context_as_appendix_a3) {
  const auto key = hkdf_extract("", std::string(22, '\x0b'));
  EXPECT_EQ(to_hex(key), "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
  EXPECT_EQ(to_hex(hkdf_expand(key, "")), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

}  // namespace
}  // namespace dispatch
