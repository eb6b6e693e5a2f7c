#include "api/ingest/browser.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

int refusal_of(headers given, const std::string& method = "POST", std::vector<std::string> origins = {}) {
  http_request request{method, "/api/push", std::move(given), {}, "127.0.0.1"};
  const auto problem = foreign_page(request, {std::move(origins), false, {}});
  return problem ? problem->status : 0;
}

bool is_local(const std::string& host) {
  return names_this_machine({"GET", "/", {{"host", host}}, {}, "127.0.0.1"});
}

TEST(foreign_page, programs_that_are_no_browser_are_let_through) {
  EXPECT_EQ(refusal_of({}), 0);
  EXPECT_EQ(refusal_of({{"content-type", "application/json"}}), 0);
  EXPECT_EQ(refusal_of({{"content-type", "application/x-ndjson; charset=utf-8"}}), 0);
}

TEST(foreign_page, what_a_page_may_send_anywhere_is_refused) {
  for (const auto* type : {"text/plain", "Text/Plain;charset=UTF-8", "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=x"})
    EXPECT_EQ(refusal_of({{"content-type", type}}), 415) << type;
}

TEST(foreign_page, other_origins_are_refused_even_when_they_name_our_host) {
  for (const auto* origin : {"https://evil.example", "null", "*", "http://localhost:8088"})
    EXPECT_EQ(refusal_of({{"host", "localhost:8088"}, {"origin", origin}}), 403) << origin;
  for (const auto* site : {"cross-site", "same-site", "anything"})
    EXPECT_EQ(refusal_of({{"sec-fetch-site", site}}), 403) << site;
  EXPECT_EQ(refusal_of({{"sec-fetch-site", "none"}}), 0);
}

TEST(foreign_page, an_origin_that_is_named_may_and_a_star_names_nobody) {
  const headers from_app{{"origin", "https://app.example"}, {"sec-fetch-site", "cross-site"}};
  EXPECT_EQ(refusal_of(from_app, "POST", {"https://app.example"}), 0);
  EXPECT_EQ(refusal_of(from_app, "DELETE", {"https://app.example"}), 0);
  EXPECT_EQ(refusal_of(from_app, "POST", {"*"}), 403);
  EXPECT_EQ(refusal_of({{"origin", "*"}}, "POST", {"*"}), 403);
}

TEST(foreign_page, reading_is_the_browsers_to_keep) {
  EXPECT_EQ(refusal_of({{"origin", "https://evil.example"}}, "GET"), 0);
  EXPECT_EQ(refusal_of({{"origin", "https://evil.example"}}, "DELETE"), 403);
}

TEST(names_this_machine, by_address_or_as_localhost_and_by_no_other_name) {
  for (const auto* host : {"localhost", "LocalHost:8088", "localhost.:8088", "127.0.0.1", "127.0.0.1:8088",
                           "[::1]", "[::1]:8088", "192.0.2.1:80"})
    EXPECT_TRUE(is_local(host)) << host;
  for (const auto* host : {"evil.example", "evil.example:8088", "localhost.evil.example",
                           "127.0.0.1.evil.example", "[evil]", "localhos", "localhostt"})
    EXPECT_FALSE(is_local(host)) << host;
}

}  // namespace
}  // namespace dispatch
