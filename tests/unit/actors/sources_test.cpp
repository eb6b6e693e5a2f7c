#include "actors/intake/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dispatch {
namespace {

using ::testing::ElementsAre;

class sources : public ::testing::Test {
 protected:
  scope_number open(const std::string& name, const std::string& origin = {}) {
    return *scopes_.open(name, !origin.empty(), [&](scope_number) {
      scope_info info;
      info.origin = origin;
      return info;
    });
  }
  scope_number open_origin(const std::string& host) {
    return open("webhook:default:https://" + host, "https://" + host);
  }
  static std::vector<std::string> names(const std::vector<source_state*>& states) {
    std::vector<std::string> out;
    for (const auto* state : states) out.push_back(state->from->scope);
    return out;
  }

  scope_table scopes_;
};

TEST_F(sources, lists_come_before_their_lane_and_an_app_that_is_added_joins_them) {
  open("fcm:default");
  source_table table(scopes_);
  EXPECT_THAT(names(table.fixed(lane::bulk)), ElementsAre("ready", "fcm:default", ""));
  EXPECT_FALSE(table.follow());
  open_origin("a");
  open("apns:default");
  EXPECT_TRUE(table.follow());
  EXPECT_THAT(names(table.fixed(lane::bulk)), ElementsAre("ready", "fcm:default", "apns:default", ""));
  EXPECT_THAT(names(table.fixed(lane::results)), ElementsAre("ready", ""));
}

TEST_F(sources, an_origins_list_is_looked_at_only_while_something_waits_there) {
  source_table table(scopes_);
  const auto a = open_origin("a");
  table.wake_all();
  table.wake_scope(a);
  EXPECT_EQ(table.awake(lane::normal), 0u);
  table.filled(a, lane::normal);
  ASSERT_EQ(table.awake(lane::normal), 1u);
  EXPECT_EQ(table.awake(lane::high), 0u);
  auto& list = table.next_awake(lane::normal);
  EXPECT_EQ(list.from->scope, "webhook:default:https://a");
  table.was_read(list, false);
  EXPECT_TRUE(list.waiting);
  EXPECT_EQ(table.awake(lane::normal), 1u);
  table.was_read(list, true);
  EXPECT_FALSE(list.waiting);
  EXPECT_EQ(table.awake(lane::normal), 0u);
}

TEST_F(sources, a_list_whose_scope_takes_nothing_rests_until_it_does) {
  source_table table(scopes_);
  const auto a = open_origin("a");
  table.filled(a, lane::normal);
  table.rest(table.next_awake(lane::normal));
  EXPECT_EQ(table.awake(lane::normal), 0u);
  table.room_in(a);
  EXPECT_EQ(table.awake(lane::normal), 1u);
}

TEST_F(sources, origins_take_turns) {
  source_table table(scopes_);
  open("fcm:default");
  for (const auto* host : {"a", "b", "c"}) table.filled(open_origin(host), lane::normal);
  std::string order;
  for (int i = 0; i < 6; ++i) order += table.next_awake(lane::normal).from->scope.back();
  EXPECT_EQ(order, "abcabc");
}

TEST_F(sources, are_found_by_what_was_read) {
  open("fcm:default");
  source_table table(scopes_);
  const auto a = open_origin("a");
  EXPECT_EQ(table.find({lane::high, ""}), table.fixed(lane::high).back());
  EXPECT_EQ(table.find({lane::high, "ready"}), &table.ready(lane::high));
  EXPECT_EQ(table.find({lane::high, scopes_[a].name}), &table.waiting_list(a, lane::high));
  EXPECT_EQ(table.find({lane::high, "job=t/x"}), nullptr);
}

}  // namespace
}  // namespace dispatch
