#include "transport/shortage.hpp"

#include <gtest/gtest.h>
#include <netdb.h>

#include <boost/asio/error.hpp>
#include <cerrno>

#include "tests/support/no_descriptors.hpp"

namespace dispatch {
namespace {

TEST(shortage, is_ours_when_the_system_says_so) {
  EXPECT_EQ(shortage_of(EMFILE), shortage::descriptors);
  EXPECT_EQ(shortage_of(ENFILE), shortage::descriptors);
  EXPECT_EQ(shortage_of(ENOBUFS), shortage::memory);
  EXPECT_EQ(shortage_of(ENOMEM), shortage::memory);
  EXPECT_EQ(shortage_of(EADDRNOTAVAIL), shortage::ports);
  for (const int peers : {ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, ECONNRESET, EACCES, 0})
    EXPECT_EQ(shortage_of(peers), std::nullopt) << peers;
  EXPECT_EQ(shortage_of(boost::asio::error::make_error_code(boost::asio::error::no_descriptors)),
            shortage::descriptors);
  EXPECT_EQ(shortage_of(boost::asio::error::make_error_code(boost::asio::error::eof)), std::nullopt);
}

TEST(shortage, has_a_name_that_can_be_read_back) {
  for (std::size_t at = 0; at < shortage_count; ++at) {
    const auto what = static_cast<shortage>(at);
    EXPECT_EQ(parse_shortage(to_string(what)), what);
  }
  EXPECT_EQ(parse_shortage("patience"), std::nullopt);
}

TEST(shortage, can_be_told_from_an_errors_text) {
  EXPECT_TRUE(says_lacking("no answer from the token endpoint: " + lacking_text("memory")));
  EXPECT_FALSE(says_lacking("connection refused"));
}

TEST(shortage, of_a_look_up_is_told_from_a_name_that_is_none) {
  EXPECT_EQ(shortage_of_lookup(EAI_NONAME, 0), std::nullopt);
  EXPECT_EQ(shortage_of_lookup(EAI_AGAIN, 0), std::nullopt) << "the name's servers may be away";
  EXPECT_EQ(shortage_of_lookup(EAI_MEMORY, 0), shortage::memory);
  EXPECT_EQ(shortage_of_lookup(EAI_SYSTEM, EMFILE), shortage::descriptors);
  const test::no_descriptors none;
  EXPECT_EQ(shortage_of_lookup(EAI_NONAME, 0), shortage::descriptors) << "nobody could be asked";
}

}  // namespace
}  // namespace dispatch
