#include "storage/redis/durability.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace dispatch::redis {
namespace {

using said = std::vector<std::pair<std::optional<bool>, std::string>>;

struct listening {
  durability watched;
  said heard;
  listening() {
    watched.on_change(
        [this](std::optional<bool> kept, const std::string& text) { heard.emplace_back(kept, text); });
  }
};

constexpr auto safe =
    "# Persistence\r\naof_enabled:1\r\naof_last_write_status:ok\r\nmaxmemory_policy:noeviction\r\n";

TEST(durability, nothing_is_said_before_redis_was_asked) {
  listening it;
  EXPECT_EQ(it.watched.kept(), std::nullopt);
  EXPECT_EQ(it.watched.warning(), "");
  EXPECT_TRUE(it.heard.empty());
}

TEST(durability, info_alone_is_enough) {
  listening it;
  it.watched.read_info(safe);
  it.watched.round_over();
  EXPECT_EQ(it.heard, (said{{true, ""}}));
  it.watched.read_info("aof_enabled:0\r\nmaxmemory_policy:allkeys-lru\r\n");
  it.watched.round_over();
  ASSERT_EQ(it.heard.size(), 2u);
  EXPECT_EQ(it.heard[1].first, false);
  EXPECT_NE(it.heard[1].second.find("appendonly no"), std::string::npos);
  EXPECT_NE(it.heard[1].second.find("allkeys-lru"), std::string::npos);
  it.watched.round_over();
  EXPECT_EQ(it.heard.size(), 2u) << "once per change";
}

TEST(durability, what_redis_does_not_say_is_neither_good_nor_bad) {
  listening it;
  it.watched.round_over();
  ASSERT_EQ(it.heard.size(), 1u);
  EXPECT_EQ(it.heard[0].first, std::nullopt);
  EXPECT_NE(it.heard[0].second.find("does not say whether it keeps anything on disk"), std::string::npos);
  it.watched.read_info("maxmemory_policy:volatile-ttl\r\n");
  it.watched.round_over();
  EXPECT_EQ(it.heard.back().first, false) << "one fault is enough";
}

TEST(durability, a_file_redis_cannot_write_keeps_nothing) {
  listening it;
  it.watched.read_info("aof_enabled:1\r\naof_last_write_status:err\r\nmaxmemory_policy:noeviction\r\n");
  EXPECT_EQ(it.watched.kept(), false);
  it.watched.read_info(safe);
  EXPECT_EQ(it.watched.kept(), true);
}

TEST(durability, writes_that_went_back_are_said_at_once) {
  listening it;
  it.watched.read_info(safe);
  it.watched.round_over();
  it.watched.written(5, 0);
  it.watched.written(6, 3);
  EXPECT_EQ(it.heard.back().first, false);
  EXPECT_NE(it.heard.back().second.find("lost writes"), std::string::npos);
}

}  // namespace
}  // namespace dispatch::redis
