#include "transport/url.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

std::string origin_of(std::string_view text) {
  const auto url = parse_web_url(text);
  return url ? url->origin() : "none";
}

TEST(web_url, keeps_path_and_query_and_drops_the_fragment) {
  const auto url = parse_web_url("https://hooks.example.com/a%2Fb?x=1&y=%20#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->target, "/a%2Fb?x=1&y=%20");
  EXPECT_EQ(url->host, "hooks.example.com");
  EXPECT_EQ(url->port, "443");
  EXPECT_EQ(url->authority, "hooks.example.com");
  EXPECT_TRUE(url->secure);
}

TEST(web_url, has_a_target_even_when_the_url_has_no_path) {
  EXPECT_EQ(parse_web_url("https://a.example")->target, "/");
  EXPECT_EQ(parse_web_url("https://a.example?q=1")->target, "/?q=1");
}

TEST(web_url, gives_all_spellings_of_a_place_one_origin) {
  for (const auto* text : {"https://A.Example/x", "https://a.example.:443/", "https://a.example:443",
                           "https://a.example:0443/y", "HTTPS://a.example:/"}) {
    EXPECT_EQ(origin_of(text), "https://a.example") << text;
  }
  EXPECT_EQ(origin_of("https://a.example:8443"), "https://a.example:8443");
  EXPECT_EQ(origin_of("http://a.example:80"), "http://a.example");
  EXPECT_EQ(origin_of("http://a.example:443"), "http://a.example:443");
  EXPECT_EQ(origin_of("https://[2001:DB8::1]:8443/"), "https://[2001:db8::1]:8443");
}

TEST(web_url, says_whether_the_host_is_an_address) {
  EXPECT_TRUE(parse_web_url("https://127.0.0.1/")->is_address);
  EXPECT_TRUE(parse_web_url("https://[::1]/")->is_address);
  EXPECT_EQ(parse_web_url("https://[::1]/")->host, "::1");
  EXPECT_FALSE(parse_web_url("https://localhost/")->is_address);
}

TEST(web_url, refuses_what_cannot_be_sent_to) {
  for (const auto* text : {"",
                           "a.example",
                           "/x",
                           "//a.example/x",
                           "ftp://a.example/",
                           "https://",
                           "https:///x",
                           "https://.",
                           "https://user@a.example/",
                           "https://evil.example%2500.push.example/",
                           "https://a%2eexample/",
                           "https://user:word@a.example/",
                           "https://a.example:0/",
                           "https://a.example:65536/",
                           "https://a.example:99999999999/",
                           "https://a.example/a b",
                           "https://a.example/\r\nX: y",
                           "https://[::1/",
                           "https://[fe80::1%25eth0]/",
                           "javascript:alert(1)"}) {
    EXPECT_EQ(origin_of(text), "none") << text;
  }
}

}  // namespace
}  // namespace dispatch
