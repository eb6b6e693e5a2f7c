#include "actors/scope_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "actors/by_scope.hpp"

namespace dispatch {
namespace {

scope_info plain(scope_number) {
  return {};
}

scope_info some_origin(scope_number) {
  scope_info info;
  info.origin = "https://some.example";
  return info;
}

std::string origin(std::size_t at) {
  return "webhook:default:https://h" + std::to_string(at);
}

TEST(scope_table, finds_what_was_opened_by_name_and_makes_each_once) {
  scope_table table;
  int made = 0;
  const auto make = [&](scope_number number) {
    ++made;
    scope_info info;
    info.window = 10u + number;
    return info;
  };
  EXPECT_EQ(table.find("fcm:default"), std::nullopt);
  EXPECT_EQ(table.open("fcm:default", false, make), scope_number{0});
  EXPECT_EQ(table.open(origin(1), true, make), scope_number{1});
  EXPECT_EQ(table.open("fcm:default", false, make), scope_number{0});
  EXPECT_EQ(made, 2);
  EXPECT_EQ(table.find(origin(1)), scope_number{1});
  EXPECT_EQ(table[1].name, origin(1));
  EXPECT_EQ(table[1].window, 11u);
}

TEST(scope_table, what_cannot_be_made_is_not_there) {
  scope_table table;
  const auto fails = [](scope_number) -> scope_info { throw std::invalid_argument("no"); };
  EXPECT_THROW(table.open(origin(1), true, fails), std::invalid_argument);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.find(origin(1)), std::nullopt);
}

TEST(scope_table, references_stay_good_while_it_grows_and_an_app_finds_room_when_no_origin_does) {
  scope_table table;
  table.open(origin(0), true, plain);
  const auto* first = &table[0];
  for (std::size_t at = 1; at < scope_table::max_origins; ++at) {
    ASSERT_EQ(table.open(origin(at), true, plain), at);
  }
  EXPECT_EQ(&table[0], first);
  EXPECT_EQ(table.open("webhook:default:https://one.more", true, plain), std::nullopt);
  EXPECT_EQ(table.open(origin(17), true, plain), scope_number{17});
  EXPECT_EQ(table.open("fcm:late", false, plain), scope_number{scope_table::max_origins});
}

TEST(scope_table, nobody_has_more_than_is_left_for_the_others) {
  scope_table table;
  std::size_t at = 0;
  const auto open_all = [&](std::string_view tenant) {
    std::size_t count = 0;
    while (table.open(origin(at), true, some_origin, tenant)) ++at, ++count;
    return count;
  };
  EXPECT_EQ(open_all("a"), scope_table::max_origins / 2);
  EXPECT_EQ(table.refusals(), 1u);
  EXPECT_EQ(open_all("b"), scope_table::max_origins / 4);
  EXPECT_EQ(open_all("c"), scope_table::max_origins / 8);
  EXPECT_TRUE(table.open(origin(at), true, some_origin, "d")) << "whoever comes new finds room";
  EXPECT_EQ(table.open(origin(0), true, some_origin, "a"), scope_number{0}) << "what there is stays in use";
}

TEST(scope_table, a_retired_scopes_number_is_anothers_after_a_rest) {
  using namespace std::chrono_literals;
  scope_table table;
  const scope_table::time_point start{1h};
  for (std::size_t at = 0; at < scope_table::max_origins; ++at)
    table.open(origin(at), true, some_origin, {}, start);
  const auto& before = table[17];
  table.retire(17, start);
  EXPECT_TRUE(before.retired());
  EXPECT_EQ(table.find(origin(17)), std::nullopt);
  EXPECT_EQ(table.in_use(), scope_table::max_origins - 1);
  EXPECT_EQ(table.open("webhook:default:https://new", true, some_origin, {}, start + 4s), std::nullopt);
  EXPECT_EQ(table.open("webhook:default:https://new", true, some_origin, {}, start + 5s), scope_number{17});
  EXPECT_EQ(before.name, origin(17)) << "who still holds it finds what it was";
  EXPECT_EQ(table[17].name, "webhook:default:https://new");
  EXPECT_EQ(table[17].generation, 1u);
  EXPECT_FALSE(table[17].retired());
  EXPECT_EQ(table.size(), scope_table::max_origins);
  table.retire(17, start + 6s);
  table.retire(17, start + 7s);
  EXPECT_EQ(table.in_use(), scope_table::max_origins - 1) << "once is enough";
}

TEST(scope_table, what_a_tenant_no_longer_holds_it_may_have_again) {
  scope_table table;
  std::size_t at = 0;
  while (table.open(origin(at), true, some_origin, "a")) ++at;
  for (scope_number each = 0; each < 100; ++each) table.retire(each, {});
  std::size_t more = 0;
  while (table.open(origin(at + more), true, some_origin, "a")) ++more;
  EXPECT_EQ(more, 100u);
}

TEST(scope_table, is_read_by_other_threads_while_one_adds) {
  scope_table table;
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        std::size_t at = 0;
        for (const auto& scope : table) wrong += scope.name == origin(at++) ? 0 : 1;
        if (at > 0 && table.find(origin(at - 1)) != scope_number(at - 1)) ++wrong;
      }
    });
  }
  for (std::size_t at = 0; at < 1'000; ++at) table.open(origin(at), true, plain);
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST(scope_name, says_provider_app_and_origin_and_can_be_read_back) {
  EXPECT_EQ(scope_name(provider::fcm, "default"), "fcm:default");
  const auto name = scope_name(provider::webhook, "a-b", "https://[::1]:8443");
  EXPECT_EQ(name, "webhook:a-b:https://[::1]:8443");
  const auto parts = parse_scope_name(name);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->by, provider::webhook);
  EXPECT_EQ(parts->app, "a-b");
  EXPECT_EQ(parts->origin, "https://[::1]:8443");
  EXPECT_EQ(parse_scope_name("apns:x")->origin, "");
  for (const auto* none : {"ready", "job=t/a:b", "", "nobody:default"}) {
    EXPECT_FALSE(parse_scope_name(none)) << none;
  }
}

TEST(by_scope, grows_to_the_scope_asked_for_and_moves_nothing) {
  by_scope<std::string> names([](scope_number number) { return std::to_string(number); });
  EXPECT_EQ(names.size(), 0u);
  auto& third = names[3];
  EXPECT_EQ(names.size(), 4u);
  third = "changed";
  EXPECT_EQ(names[2'000], "2000");
  EXPECT_EQ(&names[3], &third);
  const auto& reading = names;
  EXPECT_EQ(reading[2'001], "2001");
  EXPECT_EQ(names[3], "changed");
}

TEST(by_scope, is_made_anew_for_the_next_scope_of_a_number) {
  std::uint32_t generation = 0;
  int made = 0;
  by_scope<int> numbers([&](scope_number) { return ++made; }, [&](scope_number) { return generation; });
  auto& second = numbers[1];
  EXPECT_EQ(second, 2);
  second = 70;
  EXPECT_EQ(numbers[1], 70);
  generation = 1;
  EXPECT_EQ(numbers[1], 3);
  EXPECT_EQ(&numbers[1], &second);
}

}  // namespace
}  // namespace dispatch
