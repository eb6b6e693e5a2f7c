#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "apps/dispatchctl/redaction.hpp"
#include "apps/dispatchctl/send.hpp"
#include "apps/dispatchctl/session.hpp"
#include "apps/dispatchctl/terminal.hpp"
#include "core/digest.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

TEST(build_document, holds_what_was_asked_and_nothing_else) {
  send_options options;
  options.token = "t\"1";
  options.title = "Hi {{name}}";
  options.vars = {"name=Ada=Lovelace"};
  options.data = {"note=7"};
  options.expires_at = "1800000000";
  options.send_at = "2026-11-23T18:00:00Z";
  EXPECT_EQ(json::parse(build_document(options)), json::parse(R"({
    "send_at": "2026-11-23T18:00:00Z", "expires_at": 1800000000,
    "message": {"title": "Hi {{name}}", "data": {"note": "7"}},
    "recipients": [{"platform": "android", "token": "t\"1", "vars": {"name": "Ada=Lovelace"}}]})"));
}

TEST(build_document, takes_an_audience_instead_of_a_recipient) {
  send_options options;
  options.audience = "november";
  options.id = "digest";
  options.dry_run = true;
  options.body = "x";
  auto document = build_document(options);
  EXPECT_EQ(json::parse(document),
            json::parse(R"({"id":"digest","message":{"body":"x"},"audience":"november","dry_run":true})"));
  EXPECT_EQ(job_parser{}.parse(document).index(), 0u);
}

TEST(build_document, refuses_data_that_is_no_pair) {
  send_options options;
  options.data = {"novalue"};
  EXPECT_THROW(build_document(options), usage_error);
  options.data = {"=x"};
  EXPECT_THROW(build_document(options), usage_error);
}

TEST(url_with_password, refuses_a_password_among_the_arguments) {
  session_options options;
  options.url = "redis://:geheim@127.0.0.1:6379";
  EXPECT_EQ(url_with_password(options), options.url);
  options.url_typed = true;
  try {
    url_with_password(options);
    FAIL();
  } catch (const usage_error& error) {
    EXPECT_EQ(std::string{error.what()}.find("geheim"), std::string::npos);
  }
}

TEST(url_with_password, puts_the_password_in) {
  session_options options;
  options.password = "p@ss/wörd";
  options.url = "redis://127.0.0.1:6379/2";
  EXPECT_EQ(url_with_password(options), "redis://:p%40ss%2Fw%C3%B6rd@127.0.0.1:6379/2");
  options.url = "rediss://ops@redis.example";
  EXPECT_EQ(url_with_password(options), "rediss://ops:p%40ss%2Fw%C3%B6rd@redis.example");
  options.url = "unix:///run/redis.sock";
  EXPECT_EQ(url_with_password(options), "unix://:p%40ss%2Fw%C3%B6rd@/run/redis.sock");
}

TEST(redacted_document, hides_targets_and_variables_but_not_the_message) {
  auto shown = redacted_document(R"({"message":{"title":"T","data":{"token":"not a target"}},"recipients":[
    {"id":"u1","platform":"android","token":"secret-token","vars":{"name":"Ada"}},
    {"platform":"web","subscription":{"endpoint":"https://push/secret","keys":{"p256dh":"k1","auth":"k2"}}}]})");
  ASSERT_TRUE(shown);
  auto text = json::serialize(*shown);
  for (auto hidden : {"secret-token", "Ada", "https://push/secret", "k1", "k2"}) {
    EXPECT_EQ(text.find(hidden), std::string::npos) << hidden;
  }
  EXPECT_NE(text.find("sha256:" + token_hash("secret-token").substr(0, 16)), std::string::npos);
  EXPECT_NE(text.find("not a target"), std::string::npos);
  EXPECT_NE(text.find("u1"), std::string::npos);
}

TEST(redacted_document, is_none_for_what_is_no_document) {
  EXPECT_FALSE(redacted_document("{\"token\":\"cut of"));
  EXPECT_FALSE(redacted_document("[\"token\"]"));
}

TEST(table, aligns_numbers_right_and_text_left) {
  table rows{{"name", "count"}};
  rows.add({"é", "5"});
  rows.add({"longer", "1,234"});
  EXPECT_EQ(rows.text({}), "name    count\né           5\nlonger  1,234\n");
}

TEST(table, lets_no_control_character_through) {
  table rows{{"name"}};
  rows.add({"a\x1b[31mb\nc"});
  EXPECT_EQ(rows.text({}), "name\na?[31mb?c\n");
}

}  // namespace
}  // namespace dispatch::ctl
