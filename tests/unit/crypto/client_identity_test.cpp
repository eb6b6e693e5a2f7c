#include "transport/crypto/client_identity.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "tests/support/test_certificates.hpp"

namespace dispatch {
namespace {

using test::certificate_authority;
using test::p12_of;
using namespace std::chrono_literals;

class client_identity_test : public ::testing::Test {
 protected:
  static client_identity_ptr good(const std::string& bytes, const std::string& password = "") {
    const auto read = read_client_identity(bytes, password);
    const auto* wrong = std::get_if<std::string>(&read);
    if (wrong) {
      ADD_FAILURE() << *wrong;
      return nullptr;
    }
    return std::get<client_identity_ptr>(read);
  }
  static std::string error(const std::string& bytes, const std::string& password = "") {
    const auto read = read_client_identity(bytes, password);
    const auto* wrong = std::get_if<std::string>(&read);
    return wrong ? *wrong : "(none)";
  }

  const certificate_authority authority_;
  const certificate_authority::identity made_ = authority_.issue_client("client", 30);
};

TEST_F(client_identity_test, is_read_from_p12) {
  const auto read = good(p12_of(made_, "geheim"), "geheim");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->certificate);
  EXPECT_TRUE(read->key);
  EXPECT_TRUE(read->chain.empty());
  const auto now = std::chrono::seconds(std::time(nullptr));
  EXPECT_LE(read->expires_at, now + 30 * 24h);
  EXPECT_GE(read->expires_at, now + 30 * 24h - 1min);
}

TEST_F(client_identity_test, is_read_from_p12_as_old_as_keychain_access_writes_it) {
  const auto read = good(p12_of(made_, "geheim", true), "geheim");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->fingerprint, good(p12_of(made_, "geheim"), "geheim")->fingerprint);
}

TEST_F(client_identity_test, is_read_from_p12_without_a_password) {
  EXPECT_TRUE(good(p12_of(made_, "")));
}

TEST_F(client_identity_test, is_read_from_pem_in_any_order_with_who_signed_it) {
  const auto read = good(authority_.pem() + made_.key_pem + made_.certificate_pem);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->chain.size(), 1u);
  EXPECT_EQ(read->fingerprint, good(made_.certificate_pem + made_.key_pem)->fingerprint);
  EXPECT_NE(read->fingerprint, good(p12_of(authority_.issue_client("other"), "x"), "x")->fingerprint);
}

TEST_F(client_identity_test, that_has_ended_is_still_read) {
  const auto ended = authority_.issue_client("client", -1);
  const auto read = good(ended.certificate_pem + ended.key_pem);
  ASSERT_TRUE(read);
  EXPECT_LT(read->expires_at, std::chrono::seconds(std::time(nullptr)));
}

TEST_F(client_identity_test, says_what_is_wrong_and_no_secret) {
  const auto other = authority_.issue_client("other");
  EXPECT_EQ(error(p12_of(made_, "geheim"), "wrong"), "cannot be opened with this password");
  EXPECT_EQ(error(p12_of(made_, "geheim")), "cannot be opened with this password");
  EXPECT_EQ(error(""), "is neither PEM nor PKCS #12");
  EXPECT_EQ(error("garbage"), "is neither PEM nor PKCS #12");
  const auto whole = p12_of(made_, "geheim");
  EXPECT_EQ(error(whole.substr(0, whole.size() / 2), "geheim"), "is neither PEM nor PKCS #12");
  EXPECT_EQ(error(made_.certificate_pem), "holds no private key this password opens");
  EXPECT_EQ(error(made_.key_pem), "holds no certificate");
  EXPECT_EQ(error(made_.certificate_pem + other.key_pem), "holds a key that is not its certificate's");
  EXPECT_EQ(error(std::string(65'537, 'x')), "is larger than 64 KiB");
}

TEST_F(client_identity_test, names_the_password_file_that_is_missing) {
  const auto read = load_client_identity(authority_.file(), "/nonexistent/password");
  EXPECT_EQ(std::get<std::string>(read), "its password cannot be read from /nonexistent/password");
  EXPECT_EQ(std::get<std::string>(load_client_identity("/nonexistent/p12", "")), "cannot be read");
}

}  // namespace
}  // namespace dispatch
