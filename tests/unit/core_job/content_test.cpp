// A job taken apart into what its recipients have in common and the recipients, and put together again.

#include <gtest/gtest.h>

#include <array>

#include "tests/unit/core_job/parsing.hpp"

namespace dispatch {
namespace {

using test::parse_good;

constexpr auto source_text = R"({ "tenant" : "t", "app":"a", "message": {"title": "Hi {{n}}"},
  "recipients": [ {"platform": "ios", "token": "zero"}, {"platform":"ios","token":"one", "vars": {"n": "]"}},
                  {"platform": "ios", "token": "two"} ], "overrides": {"apns": {"x": 1.50}}, "expires_at": 100.0 })";

constexpr auto content_text =
    R"({"id":"normal-17-0","tenant":"t","app":"a","message":{"title":"Hi {{n}}"},"overrides":{"apns":{"x":1.50}},)"
    R"("expires_at":100.0})";

std::unique_ptr<job> source() {
  auto made = parse_good(source_text);
  made->name("normal-17-0");
  return made;
}

std::shared_ptr<const job> content() {
  auto parsed = job_parser{}.parse_content(content_text);
  return std::move(std::get<std::unique_ptr<job>>(parsed));
}

std::string refusal(const std::variant<std::unique_ptr<job>, job_error>& parsed) {
  const auto* refused = std::get_if<job_error>(&parsed);
  return refused ? refused->pointer : "accepted";
}

TEST(content, is_the_document_without_its_recipients) {
  EXPECT_EQ(content_document(*source()), content_text);
}

TEST(content, and_recipients_are_the_whole_again) {
  const auto whole = source();
  const std::array<std::size_t, 2> positions{2, 1};
  const auto recipients = recipients_document(*whole, positions);
  EXPECT_EQ(
      recipients,
      R"({"recipients":[{"platform":"ios","token":"two"},{"platform":"ios","token":"one","vars":{"n":"]"}}]})");
  const std::array<std::uint64_t, 2> indices{7, 5};
  auto parsed = job_parser{}.parse_rest(recipients, indices, content());
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<job>>(parsed));
  const auto& rest = *std::get<std::unique_ptr<job>>(parsed);
  EXPECT_EQ(rest.tenant, "t");
  EXPECT_EQ(rest.id, "normal-17-0");
  EXPECT_EQ(rest.app, "a");
  EXPECT_EQ(rest.expires_at, whole->expires_at);
  EXPECT_EQ(rest.with_message().message.title, "Hi {{n}}");
  EXPECT_EQ(rest.with_message().overrides.apns, whole->overrides.apns);
  ASSERT_EQ(rest.recipients.size(), 2u);
  EXPECT_EQ(rest.recipients[0].target, "two");
  EXPECT_EQ(rest.recipients[0].index, 7u);
  EXPECT_EQ(rest.variable(rest.recipients[1], "n"), "]");
  // A rest of the rest, whole.
  const std::array<std::size_t, 1> last{1};
  const auto again = parse_good(subset_document(rest, last, true));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, "normal-17-0");
  EXPECT_EQ(again->message.title, "Hi {{n}}");
  EXPECT_EQ(again->recipients.at(0).target, "one");
}

TEST(content, and_recipients_of_other_shapes_are_refused) {
  EXPECT_EQ(refusal(job_parser{}.parse_content(source_text)), "/recipients");
  EXPECT_EQ(refusal(job_parser{}.parse_content(R"({"message":{"title":"x"},"audience":"a"})")), "/audience");
  EXPECT_EQ(refusal(job_parser{}.parse_content(R"({"id":"x"})")), "/message");
  EXPECT_EQ(refusal(job_parser{}.parse_rest("{}", {}, content())), "/recipients");
  EXPECT_EQ(refusal(job_parser{}.parse_rest(source_text, {}, content())), "/tenant");
  EXPECT_EQ(refusal(job_parser{}.parse_rest(R"({"recipients":[]})", {}, content())), "/recipients");
}

TEST(content, texts_that_are_no_halves_make_no_whole) {
  EXPECT_EQ(whole_document(R"({"a":1})", R"({"recipients":[]})"), R"({"a":1,"recipients":[]})");
  EXPECT_FALSE(whole_document("", R"({"recipients":[]})"));
  EXPECT_FALSE(whole_document(R"({"a":1})", "[]"));
  EXPECT_FALSE(whole_document("{}", R"({"recipients":[]})"));
}

}  // namespace
}  // namespace dispatch
