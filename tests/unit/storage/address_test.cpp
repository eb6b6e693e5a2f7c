#include "storage/redis/address.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace dispatch::redis {
namespace {

TEST(redis_address, reads_all_parts) {
  const auto plain = parse_address("redis://localhost");
  EXPECT_EQ(plain.host, "localhost");
  EXPECT_EQ(plain.port, 6379);
  EXPECT_FALSE(plain.tls);
  EXPECT_EQ(plain.database, 0);

  const auto full = parse_address("rediss://me:p%40ss@[::1]:7000/3");
  EXPECT_TRUE(full.tls);
  EXPECT_EQ(full.host, "::1");
  EXPECT_EQ(full.port, 7000);
  EXPECT_EQ(full.user, "me");
  EXPECT_EQ(full.password, "p@ss");
  EXPECT_EQ(full.database, 3);
  EXPECT_EQ(full.name(), "[::1]:7000");

  const auto socket = parse_address("unix:///run/redis.sock");
  EXPECT_EQ(socket.unix_path, "/run/redis.sock");
  EXPECT_EQ(socket.name(), "unix:/run/redis.sock");
  EXPECT_EQ(parse_address("redis://:secret@h").password, "secret");
}

TEST(redis_address, refuses_the_rest_without_repeating_it) {
  for (const std::string url :
       {"", "localhost:6379", "http://h", "redis://", "redis://h:0", "redis://h:99999", "redis://h/x",
        "redis://h/-1", "unix://relative", "redis://:secret@h/bad",
        // What would be ignored, and what would be read as another password or host.
        "redis://h?db=3", "redis://h/3?password=secret", "redis://h#3", "rediss://h/?", "redis://h:/0",
        "redis://h/3/", "redis://h/99999999999999999999", "unix:///run/r.sock?db=3&password=secret",
        "unix:///run/r.sock#3", "unix:///run/r%00.sock", "redis://u:secret@x@h",
        "unix://u:secret@x@/run/r.sock"}) {
    try {
      parse_address(url);
      ADD_FAILURE() << url;
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace dispatch::redis
