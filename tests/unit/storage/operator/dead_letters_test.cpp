#include "storage/operator/dead_letters.hpp"

#include <gtest/gtest.h>

#include "storage/operator/operator_actions.hpp"

namespace dispatch {
namespace {

constexpr std::string_view document =
    R"({"id":"d-1","tenant":"t1","message":{"title":"T","badge":3},)"
    R"("recipients":[{"platform":"android","token":"a"},{"platform":"ios","token":"b"}]})";

dead_record letter_with(std::string resume, std::string_view text = document) {
  dead_record letter;
  letter.entry = "1-0";
  letter.resume = std::move(resume);
  letter.document = text;
  return letter;
}

std::string refusal_of(const dead_record& letter) {
  const auto plan = plan_redrive(letter);
  const auto* why = std::get_if<std::string>(&plan);
  return why ? *why : std::string();
}

TEST(redrive_plan, keeps_the_places_in_the_job_and_forgets_the_attempts) {
  const auto plan = plan_redrive(letter_with("1 1795402800123 h 7,9 1x5,1x3"));
  const auto* made = std::get_if<redrive_plan>(&plan);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->tenant, "t1");
  EXPECT_EQ(made->id, "d-1");
  EXPECT_EQ(made->resume, "1 1795402800123 h 7,9 2x0");
  EXPECT_EQ(made->recipients, 2u);
  EXPECT_EQ(made->stored_at, epoch_ms(1'795'402'800'123));
}

TEST(redrive_plan, says_why_a_letter_cannot_go_back) {
  EXPECT_NE(refusal_of(letter_with("")), "");
  EXPECT_NE(refusal_of(letter_with("1 5 h 7 1x5 and more")), "");
  EXPECT_NE(refusal_of(letter_with("1 5 -  ")), "") << "nobody to send to";
  EXPECT_NE(refusal_of(letter_with("1 5 h 7 1x5")), "") << "two recipients, one place";
  EXPECT_NE(refusal_of(letter_with("1 5 h 7 1x5", "no JSON")), "");
  EXPECT_NE(refusal_of(letter_with("1 5 - 0 1x5", R"({"message":{"title":"T"},
    "recipients":[{"platform":"android","token":"a"}]})")),
            "")
      << "without its id the dedupe key would be another";
}

TEST(document_as_new, is_the_same_without_its_id) {
  const auto made = document_as_new(letter_with(""));
  const auto* fresh = std::get_if<new_document>(&made);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->recipients, 2u);
  EXPECT_EQ(fresh->text,
            R"({"tenant":"t1","message":{"title":"T","badge":3},)"
            R"("recipients":[{"platform":"android","token":"a"},{"platform":"ios","token":"b"}]})");
}

TEST(document_as_new, names_the_place_of_what_the_engine_would_refuse_again) {
  const auto made = document_as_new(letter_with("", R"({"message":{"title":5},"recipients":[]})"));
  const auto* why = std::get_if<std::string>(&made);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->front(), '/') << *why;
}

TEST(dead_record, counts_its_recipients) {
  EXPECT_EQ(letter_with("1 5 h 0-127 128x5").recipients(), 128u);
  EXPECT_EQ(letter_with("").recipients(), 0u);
}

TEST(entry_id, is_two_numbers) {
  EXPECT_TRUE(is_entry_id("1795403131503-0"));
  EXPECT_TRUE(is_entry_id("0-18446744073709551615"));
  for (const char* text :
       {"", "-", "+", "1", "1-", "-1", "1-2-3", "(1-2", "1-x", "1 -2", "$", "1-18446744073709551616"})
    EXPECT_FALSE(is_entry_id(text)) << text;
}

TEST(breaker_scope, is_a_provider_and_app_and_maybe_an_origin) {
  for (const char* text :
       {"fcm:default", "apns:other", "webpush:default", "webhook:default:https://push.example.org"})
    EXPECT_TRUE(breaker_scope_usable(text)) << text;
  for (const char* text : {"", "fcm", "fcm:", ":default", "fmc:default", "fcm:de fault", "fcm:a\nb"})
    EXPECT_FALSE(breaker_scope_usable(text)) << text;
  EXPECT_FALSE(breaker_scope_usable("webhook:default:" + std::string(600, 'a')));
}

}  // namespace
}  // namespace dispatch
