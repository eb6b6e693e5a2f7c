#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "apps/sandbox/attempt_memory.hpp"
#include "apps/sandbox/fault_order_json.hpp"

namespace dispatch::sandbox {
namespace {

const steady_time start{std::chrono::seconds(1000)};

parsed_order parse(std::string_view text) {
  return parse_fault_order(boost::json::parse(text).as_object(), start);
}

TEST(attempt_memory_counts, per_provider_and_token) {
  attempt_memory memory;
  EXPECT_EQ(memory.next(provider::fcm, "a"), 1U);
  EXPECT_EQ(memory.next(provider::fcm, "a"), 2U);
  EXPECT_EQ(memory.next(provider::apns, "a"), 1U);
  EXPECT_EQ(memory.next(provider::fcm, "b"), 1U);
}

TEST(attempt_memory_counts, forgetting_the_oldest_when_full) {
  attempt_memory memory(2);
  memory.next(provider::fcm, "a");
  memory.next(provider::fcm, "b");
  memory.next(provider::fcm, "c");
  EXPECT_EQ(memory.next(provider::fcm, "c"), 2U);
  EXPECT_EQ(memory.next(provider::fcm, "a"), 1U);
}

TEST(fault_order_body, is_read_in_full) {
  const auto parsed = parse(
      R"({"provider":"apns","status":503,"reason":"ServiceUnavailable","retry_after":2,"share":0.25,"count":7,
          "delay_ms":40,"seconds":1.5})");
  ASSERT_EQ(parsed.problem, "");
  EXPECT_EQ(parsed.order.who, provider::apns);
  EXPECT_EQ(parsed.order.status, 503);
  EXPECT_EQ(parsed.order.reason, "ServiceUnavailable");
  EXPECT_EQ(parsed.order.retry_after_s, 2);
  EXPECT_DOUBLE_EQ(parsed.order.share, 0.25);
  EXPECT_EQ(parsed.order.left, 7U);
  EXPECT_EQ(parsed.order.delay, std::chrono::milliseconds(40));
  EXPECT_EQ(parsed.order.until, start + std::chrono::milliseconds(1500));
}

TEST(fault_order_body, with_a_mistake_is_a_problem) {
  for (const auto* text :
       {R"({"status":503})", R"({"provider":"x","status":503})", R"({"provider":"all"})",
        R"({"provider":"all","status":200})", R"({"provider":"all","status":503,"share":2})",
        R"({"provider":"all","status":503,"statuss":1})", R"({"provider":"all","status":"503"})",
        R"({"provider":"all","status":503,"reason":"a\"b"})", R"({"provider":"all","hang":1})"}) {
    EXPECT_NE(parse(text).problem, "") << text;
  }
}

TEST(fault_orders_in_force, hit_their_provider_until_the_count_is_used) {
  fault_orders orders(1);
  ASSERT_TRUE(orders.add(parse(R"({"provider":"fcm","status":503,"count":2})").order));
  EXPECT_FALSE(orders.draw(provider::apns, start).order);
  EXPECT_TRUE(orders.draw(provider::fcm, start).order);
  EXPECT_TRUE(orders.draw(provider::fcm, start).order);
  EXPECT_FALSE(orders.draw(provider::fcm, start).order);
  EXPECT_TRUE(orders.in_force(start).empty());
}

TEST(fault_orders_in_force, heal_by_time_and_by_command) {
  fault_orders orders(1);
  orders.add(parse(R"({"provider":"all","status":500,"seconds":10})").order);
  EXPECT_TRUE(orders.draw(provider::token, start).order);
  EXPECT_FALSE(orders.draw(provider::token, start + std::chrono::seconds(10)).order);
  orders.add(parse(R"({"provider":"fcm","hang":true})").order);
  orders.add(parse(R"({"provider":"apns","reset":true})").order);
  orders.heal(provider::fcm);
  EXPECT_FALSE(orders.draw(provider::fcm, start).order);
  EXPECT_TRUE(orders.draw(provider::apns, start).order);
  orders.heal(std::nullopt);
  EXPECT_FALSE(orders.draw(provider::apns, start).order);
}

TEST(fault_orders_in_force, ask_the_newest_first_and_add_up_delays) {
  fault_orders orders(1);
  orders.add(parse(R"({"provider":"fcm","status":503})").order);
  orders.add(parse(R"({"provider":"fcm","status":429,"delay_ms":5})").order);
  orders.add(parse(R"({"provider":"fcm","delay_ms":20})").order);
  const auto hit = orders.draw(provider::fcm, start);
  ASSERT_TRUE(hit.order);
  EXPECT_EQ(hit.order->status, 429);
  EXPECT_EQ(hit.delay, std::chrono::milliseconds(25));
}

TEST(fault_orders_in_force, hit_the_share_asked_for) {
  fault_orders orders(42);
  orders.add(parse(R"({"provider":"fcm","status":503,"share":0.3})").order);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += orders.draw(provider::fcm, start).order ? 1 : 0;
  EXPECT_NEAR(hits, 3000, 200);
}

TEST(fault_orders_in_force, are_bounded) {
  fault_orders orders(1);
  for (std::size_t i = 0; i < fault_orders::max_orders; ++i) {
    ASSERT_TRUE(orders.add(parse(R"({"provider":"fcm","status":503})").order));
  }
  EXPECT_FALSE(orders.add(parse(R"({"provider":"fcm","status":503})").order));
}

}  // namespace
}  // namespace dispatch::sandbox
