#include "api/ingest/cors.hpp"

#include <gtest/gtest.h>

#include <map>

namespace dispatch {
namespace {

std::map<std::string, std::string> headers(const http_response& answer) {
  return {answer.headers.begin(), answer.headers.end()};
}

http_request asking(const std::string& origin) {
  return {"OPTIONS", "/v1/jobs", {{"origin", origin}, {"access-control-request-method", "POST"}}, {}, {}};
}

TEST(cors, a_preflight_tells_listed_origins_what_they_may) {
  const cors_settings rules{{"https://a.example"}, true, std::chrono::seconds(60)};
  const auto answer = preflight(asking("https://a.example"), rules);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  const auto got = headers(*answer);
  EXPECT_EQ(got.at("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(got.at("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(got.at("Access-Control-Max-Age"), "60");
  EXPECT_EQ(got.at("Vary"), "Origin");
}

TEST(cors, others_are_told_nothing_but_caches_are) {
  const cors_settings rules{{"https://a.example"}, false, {}};
  for (const auto* origin : {"https://b.example", "https://a.example.evil", "http://a.example", "null", ""}) {
    const auto got = headers(*preflight(asking(origin), rules));
    EXPECT_EQ(got.count("Access-Control-Allow-Origin"), 0u) << origin;
    EXPECT_EQ(got.at("Vary"), "Origin");
  }
}

TEST(cors, everyone_is_never_allowed_with_credentials) {
  http_response open, closed;
  add_cors(open, "https://b.example", {{"*"}, false, {}});
  add_cors(closed, "https://b.example", {{"*"}, true, {}});
  EXPECT_EQ(headers(open).at("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(headers(closed).count("Access-Control-Allow-Origin"), 0u);
}

TEST(cors, without_a_list_nothing_is_added_and_a_plain_options_is_no_preflight) {
  http_response answer;
  add_cors(answer, "https://a.example", {});
  EXPECT_TRUE(answer.headers.empty());
  EXPECT_FALSE(preflight({"OPTIONS", "/v1/jobs", {{"origin", "https://a.example"}}, {}, {}}, {}));
}

}  // namespace
}  // namespace dispatch
