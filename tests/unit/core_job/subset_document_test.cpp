#include <gtest/gtest.h>

#include <array>

#include "core/job/json_text.hpp"
#include "tests/unit/core_job/parsing.hpp"

namespace dispatch {
namespace {

using test::parse_good;

constexpr auto source_text = R"({ "tenant" : "t", "message": {"title": "a , ] } \" b"},
  "overrides": {"apns": {"x": 1.50, "y": 1e9}}, "send_at": 100.0,
  "recipients": [ {"platform": "ios", "token": "zero"}, {"platform":"ios","token":"one \\", "vars": {"a": "]"}},
                  {"platform": "ios", "token": "two"} ], "dry_run": true })";

TEST(subset_document, keeps_all_but_the_other_recipients) {
  const auto source = parse_good(source_text);
  ASSERT_TRUE(source);
  const std::array<std::size_t, 2> positions{2, 1};
  EXPECT_EQ(
      subset_document(*source, positions, false),
      R"({"tenant":"t","message":{"title":"a , ] } \" b"},"overrides":{"apns":{"x":1.50,"y":1e9}},"send_at":100.0,)"
      R"("recipients":[{"platform":"ios","token":"two"},{"platform":"ios","token":"one \\","vars":{"a":"]"}}],)"
      R"("dry_run":true})");
}

TEST(subset_document, comes_back_through_the_parser) {
  const auto source = parse_good(source_text);
  ASSERT_TRUE(source);
  source->name("normal-17-0");
  const std::array<std::size_t, 2> positions{1, 2};
  const std::array<std::uint64_t, 2> indices{source->recipients[1].index, source->recipients[2].index};
  const auto rest = parse_good(subset_document(*source, positions, true), indices);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->id, "normal-17-0");
  EXPECT_EQ(rest->tenant, "t");
  EXPECT_EQ(rest->message.title, source->message.title);
  EXPECT_EQ(rest->overrides.apns, source->overrides.apns);
  EXPECT_EQ(rest->send_at, source->send_at);
  ASSERT_EQ(rest->recipients.size(), 2u);
  EXPECT_EQ(rest->recipients[0].target, "one \\");
  EXPECT_EQ(rest->variable(rest->recipients[0], "a"), "]");
  EXPECT_EQ(rest->recipients[1].index, 2u);
  const std::array<std::size_t, 1> last{1};
  EXPECT_EQ(parse_good(subset_document(*rest, last, true))->recipients[0].target, "two");
}

TEST(subset_document, replaces_an_id_that_is_there) {
  const auto source = parse_good(
      R"({"message":{"title":"t"},"i\u0064":"own","recipients":[{"platform":"ios","token":"x"}]})");
  ASSERT_TRUE(source);
  const std::array<std::size_t, 1> positions{0};
  EXPECT_EQ(subset_document(*source, positions, true),
            R"({"id":"own","message":{"title":"t"},"recipients":[{"platform":"ios","token":"x"}]})");
  EXPECT_EQ(subset_document(*source, positions, false),
            R"({"message":{"title":"t"},"i\u0064":"own","recipients":[{"platform":"ios","token":"x"}]})");
}

TEST(subset_document, of_an_audience_keeps_the_audience) {
  const auto source = parse_good(R"({"audience":"a","message":{"title":"t"}})");
  ASSERT_TRUE(source);
  EXPECT_EQ(subset_document(*source, {}, false), source->document);
}

TEST(json_walker, goes_over_members_and_elements) {
  json_text::walker object(R"( { "a" : [1, {"b": "}"}] , "c\"" :-1.5e3, "d":"" } )");
  ASSERT_TRUE(object.next());
  EXPECT_TRUE(object.key_is("a"));
  EXPECT_EQ(object.raw_value(), R"([1, {"b": "}"}])");
  ASSERT_TRUE(object.next());
  EXPECT_TRUE(object.key_is("c\""));
  EXPECT_EQ(object.raw_value(), "-1.5e3");
  ASSERT_TRUE(object.next());
  EXPECT_EQ(object.raw_value(), "\"\"");
  EXPECT_FALSE(object.next());
  json_text::walker empty("[]");
  EXPECT_FALSE(empty.next());
  json_text::walker array("[ true,null ]");
  ASSERT_TRUE(array.next());
  EXPECT_EQ(array.raw_value(), "true");
  EXPECT_EQ(array.raw_key(), "");
  ASSERT_TRUE(array.next());
  EXPECT_EQ(array.raw_value(), "null");
  EXPECT_FALSE(array.next());
  EXPECT_EQ(json_text::member(R"({"x":1,"y":[2]})", "y"), "[2]");
  EXPECT_EQ(json_text::member("{}", "y"), "");
}

}  // namespace
}  // namespace dispatch
