#include "transport/providers/certificate_credential.hpp"

#include <gtest/gtest.h>

#include "tests/support/test_certificates.hpp"
#include "virtual_time.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;
using headers = std::shared_ptr<const header_list>;

struct fixture {
  test::certificate_authority authority;
  client_identity_ptr identity = [this] {
    const auto issued = authority.issue_client("c", 7);
    return std::get<client_identity_ptr>(read_client_identity(issued.certificate_pem + issued.key_pem, ""));
  }();
  virtual_time time;
  std::unique_ptr<credential> made = make_certificate_credential(identity, time.timer());
};

TEST(certificate_credential, is_shown_by_the_connection_not_by_requests) {
  fixture test;
  ASSERT_TRUE(test.made->current());
  EXPECT_TRUE(test.made->current()->empty());
  EXPECT_EQ(test.made->identity(), test.identity);
  EXPECT_EQ(test.made->expires_at(), test.identity->expires_at);
}

TEST(certificate_credential, cannot_renew_itself) {
  fixture test;
  EXPECT_FALSE(test.made->refused(test.made->current()));
}

TEST(certificate_credential, calls_back_later_and_never_once_destroyed) {
  fixture test;
  headers got;
  test.made->await([&](headers what, const std::string&) { got = std::move(what); });
  EXPECT_EQ(got, nullptr);
  test.time.advance(0ms);
  EXPECT_EQ(got, test.made->current());
  got = nullptr;
  const auto kept = test.made->current();
  test.made->await([&](headers what, const std::string&) { got = std::move(what); });
  test.made.reset();
  test.time.advance(0ms);
  EXPECT_EQ(got, nullptr);
}

}  // namespace
}  // namespace dispatch::testing
