#include <gtest/gtest.h>

#include <algorithm>

#include "apps/dispatchd/config/config.hpp"
#include "tests/unit/apps/config/temporary.hpp"

namespace dispatch {
namespace {

const std::string caller =
    "[http.credentials.a]\nkey_sha256 = "
    "[\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"]\n";

class http_config_test : public ::testing::Test {
 protected:
  config_result load(const std::string& text, bool insecure_dev = false) {
    return load_config(folder_.file("c.toml", text), {}, insecure_dev);
  }
  /// The key of the first error; empty when there is none.
  std::string wrong(const std::string& text, bool insecure_dev = false) {
    const auto loaded = load(text, insecure_dev);
    return loaded.ok() ? std::string() : loaded.errors.front().key;
  }

  ::dispatch::testing::temporary_folder folder_;
};

TEST_F(http_config_test, without_callers_the_default_stays_closed_and_another_address_is_an_error) {
  EXPECT_FALSE(load("").settings.http.open);
  EXPECT_FALSE(load("[http]\nlisten = \"127.0.0.1:8088\"\n").settings.http.open);
  EXPECT_FALSE(load("[http]\nlisten = \"\"\n" + caller).settings.http.open);
  EXPECT_TRUE(load(caller).settings.http.open);
  EXPECT_EQ(wrong("[http]\nlisten = \"127.0.0.1:9000\"\n"), "http.listen");
  EXPECT_EQ(wrong("[http]\nlisten = \"127.0.0.1:9000\"\n" + caller), "");
}

TEST_F(http_config_test, insecure_dev_opens_loopback_only) {
  const auto loaded = load("", true);
  EXPECT_TRUE(loaded.ok());
  EXPECT_TRUE(loaded.settings.http.open);
  EXPECT_EQ(wrong("[http]\nlisten = \"0.0.0.0:8088\"\n", true), "http.listen");
}

TEST_F(http_config_test, clear_text_beyond_loopback_is_a_warning) {
  const auto loaded = load("[http]\nlisten = \"0.0.0.0:8088\"\n" + caller);
  ASSERT_TRUE(loaded.ok());
  const auto& said = loaded.warnings;
  EXPECT_TRUE(
      std::any_of(said.begin(), said.end(), [](const auto& each) { return each.key == "http.listen"; }));
}

TEST_F(http_config_test, a_certificate_needs_its_key_and_a_wildcard_has_no_credentials) {
  const auto certificate = folder_.file("cert.pem", "x");
  EXPECT_EQ(wrong("[http]\ntls_certificate_file = \"" + certificate + "\"\n" + caller), "http.tls_key_file");
  EXPECT_EQ(wrong("[http]\ncors_origins = [\"*\"]\ncors_credentials = true\n" + caller), "http.cors_origins");
  EXPECT_EQ(wrong("[http]\ncors_origins = [\"https://a.example/x\"]\n"), "http.cors_origins");
}

TEST_F(http_config_test, a_certificate_that_cannot_be_used_is_an_error_without_what_is_in_it) {
  const auto certificate = folder_.file("cert.pem", "no certificate, but a secret");
  const auto loaded = load("[http]\ntls_certificate_file = \"" + certificate + "\"\ntls_key_file = \"" +
                           certificate + "\"\n" + caller);
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0].key, "http.tls_certificate_file");
  EXPECT_EQ(loaded.errors[0].message.find("secret"), std::string::npos);
}

TEST_F(http_config_test, headers_that_requests_are_judged_by_cannot_be_changed) {
  EXPECT_EQ(wrong("[http]\nrequest_headers_add = [\"Authorization: Bearer k\"]\n"),
            "http.request_headers_add");
  EXPECT_EQ(wrong("[http]\nrequest_headers_remove = [\"Webhook-Signature\"]\n"),
            "http.request_headers_remove");
  EXPECT_EQ(wrong("[http]\nresponse_headers_remove = [\"Content-Length\"]\n"),
            "http.response_headers_remove");
  EXPECT_EQ(wrong("[http]\nresponse_headers_add = [\"no colon\"]\n"), "http.response_headers_add");
  EXPECT_EQ(wrong("[http]\nresponse_headers_add = [\"X-Frame-Options: DENY\"]\n"), "");
}

}  // namespace
}  // namespace dispatch
