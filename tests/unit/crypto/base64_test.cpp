#include "transport/crypto/base64.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

TEST(base64, encodes_and_decodes_as_rfc_4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain) << encoded;
  }
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64url_decode("-__-"), "\xfb\xff\xfe");
  EXPECT_EQ(base64url_decode("Zg"), "f");
}

TEST(base64, has_one_text_for_one_value) {
  EXPECT_FALSE(base64_decode("Zg")) << "padding is missing";
  EXPECT_FALSE(base64_decode("Zg=")) << "half of it";
  EXPECT_FALSE(base64_decode("Zh==")) << "bits left over";
  EXPECT_FALSE(base64_decode("Zg==\n"));
  EXPECT_FALSE(base64_decode("Z===")) << "no whole byte";
  EXPECT_FALSE(base64_decode("===="));
  EXPECT_FALSE(base64_decode("-__-")) << "the other alphabet";
  EXPECT_FALSE(base64url_decode("Zg==")) << "padding";
  EXPECT_FALSE(base64url_decode("Zh"));
  EXPECT_FALSE(base64url_decode("+//+"));
  EXPECT_FALSE(base64url_decode("Z"));
  EXPECT_FALSE(base64url_decode("Z g"));
}

TEST(base64, reads_all_four_forms_where_any_will_do) {
  for (const auto* text : {"+//+Zg==", "+//+Zg", "-__-Zg==", "-__-Zg"})
    EXPECT_EQ(base64_decode_any(text),
              "\xfb\xff\xfe"
              "f")
        << text;
  EXPECT_EQ(base64_decode_any(""), "");
  for (const auto* text : {"+__+", "-//-", "Zg=", "Zg===", "=", "====", "Z", "Z g=", "Zh", "Zg==\n", "=Zg="})
    EXPECT_FALSE(base64_decode_any(text)) << text;
}

}  // namespace
}  // namespace dispatch
