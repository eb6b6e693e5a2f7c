#include "transport/providers/smtp/smtp_adapter.hpp"

#include <gmock/gmock.h>

#include "tests/unit/providers/support.hpp"
#include "transport/smtp/client_session.hpp"

namespace dispatch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

smtp_options usual() {
  smtp_options options;
  options.from = {"Duru Notes", "notes@duru.example"};
  options.now = [] { return epoch_ms{1'795'435'200'000}; };
  return options;
}

rendered mail(const std::string& rest, const std::string& vars = "{}", const smtp_options& options = usual(),
              const std::string& address = "ada@example.com") {
  const auto source =
      job_for(R"({"platform":"email","address":")" + address + R"(","vars":)" + vars + "}", rest);
  auto made = render(*make_smtp_adapter(options), *source);
  EXPECT_TRUE(made.status != render_status::ok || smtp::is_clean_message(made.request.body));
  return made;
}

std::string body_of(const std::string& rest, const std::string& vars = "{}",
                    const smtp_options& options = usual()) {
  auto made = mail(rest, vars, options);
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  return made.request.body;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(smtp_request, a_message_becomes_text_and_html) {
  const auto made = mail(R"("message":{"title":"Hi {{name}}","body":"One\nTwo"})", R"({"name":"Ada"})");
  EXPECT_EQ(made.request.path, "ada@example.com");
  EXPECT_TRUE(made.request.own.empty());
  const auto expected = with_key(
      "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
      "From: Duru Notes <notes@duru.example>\r\n"
      "To: ada@example.com\r\n"
      "Subject: Hi Ada\r\n"
      "Message-ID: <KEY@duru.example>\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/alternative;\r\n boundary=\"=_KEY\"\r\n"
      "\r\n"
      "--=_KEY\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n"
      "\r\n"
      "Hi Ada\r\n"
      "\r\n"
      "One\r\n"
      "Two\r\n"
      "\r\n"
      "\r\n"
      "--=_KEY\r\n"
      "Content-Type: text/html; charset=utf-8\r\n");
  EXPECT_EQ(made.request.body.substr(0, expected.size()), expected);
  EXPECT_TRUE(made.request.body.ends_with(with_key("\r\n--=_KEY--\r\n")));
}

TEST(smtp_request, is_the_same_on_every_attempt) {
  const std::string rest = R"("message":{"title":"T","body":"B"})";
  EXPECT_EQ(body_of(rest), body_of(rest));
}

TEST(smtp_request, values_are_escaped_in_html_and_not_in_text) {
  const auto body = body_of(R"("message":{"title":"T","body":"{{x}}"})", R"({"x":"<script>"})");
  EXPECT_EQ(count(body, "<script>"), 1U);
  EXPECT_EQ(count(body, "&lt;script&gt;"), 1U);
}

TEST(smtp_request, link_and_image_appear_only_when_they_are_there) {
  const auto with =
      body_of(R"("message":{"title":"T","link":"https://l.example","image":"https://i.example"})");
  EXPECT_THAT(with, HasSubstr("href=3D\"https://l.example\""));
  EXPECT_THAT(with, HasSubstr("<img"));
  const auto without = body_of(R"("message":{"title":"T"})");
  EXPECT_THAT(without, Not(HasSubstr("href")));
  EXPECT_THAT(without, Not(HasSubstr("<img")));
  EXPECT_THAT(without, Not(HasSubstr("Unsubscribe")));
}

TEST(smtp_request, a_link_that_could_do_more_than_lead_somewhere_is_text) {
  const auto linked = [](const std::string& link, const std::string& x) {
    return body_of("\"message\":{\"title\":\"T\",\"link\":\"" + link + "\"}", "{\"x\":\"" + x + "\"}");
  };
  for (const std::string link : {"javascript:alert", "JavaScript:alert", " javascript:alert",
                                 "data:text/html,x", "vbscript:x", "java{{x}}", "//evil.example", "x"}) {
    const auto body = linked(link, "script:alert");
    EXPECT_THAT(body, HasSubstr("<a href=3D\"#\">")) << body;
    EXPECT_EQ(count(body, "href"), 1U);
  }
  EXPECT_THAT(linked("{{x}}", "javascript:alert"), HasSubstr("<a href=3D\"#\">javascript:alert</a>"));
  for (const std::string link : {"http://l.example", "HTTPS://l.example", "mailto:a@l.example"}) {
    EXPECT_THAT(linked(link, ""), HasSubstr("href=3D\"" + link));
    EXPECT_THAT(linked("{{x}}", link), HasSubstr("href=3D\"" + link));
  }
}

TEST(smtp_request, without_a_title_the_first_line_is_the_subject) {
  EXPECT_THAT(body_of(R"("message":{"body":"First\nSecond"})"), HasSubstr("\r\nSubject: First\r\n"));
}

TEST(smtp_request, an_apps_own_templates_are_used) {
  auto options = usual();
  options.text_template = "{{title}}/{{body}}/{{company}}";
  options.html_template = "<p>{{title}}</p>{{#link}}L{{/link}}";
  const auto body = body_of(R"("message":{"title":"T&","body":"B"})", R"({"company":"C"})", options);
  EXPECT_THAT(body, HasSubstr("\r\n\r\nT&/B/C\r\n"));
  EXPECT_THAT(body, HasSubstr("\r\n\r\n<p>T&amp;</p>\r\n"));
}

TEST(smtp_request, overrides_replace_what_the_message_would_say) {
  const auto body = body_of(R"("message":{"title":"T","body":"B"},"overrides":{"email":{
      "subject":"S {{n}}","text":"plain {{n}}","html":"<i>{{n}}</i>","from":"Other <other@duru.example>",
      "reply_to":"help@example.org","headers":{"X-Campaign":"c {{n}}"}}})",
                            R"({"n":"<1>"})");
  EXPECT_THAT(body, HasSubstr("\r\nFrom: Other <other@duru.example>\r\n"));
  EXPECT_THAT(body, HasSubstr("\r\nReply-To: help@example.org\r\n"));
  EXPECT_THAT(body, HasSubstr("\r\nSubject: S <1>\r\n"));
  EXPECT_THAT(body, HasSubstr("\r\nX-Campaign: c <1>\r\n"));
  EXPECT_THAT(body, HasSubstr("\r\n\r\nplain <1>\r\n"));
  EXPECT_THAT(body, HasSubstr("\r\n\r\n<i>&lt;1&gt;</i>\r\n"));
}

TEST(smtp_request, one_part_alone_is_no_multipart) {
  const auto html = body_of(R"("message":{},"overrides":{"email":{"subject":"S","html":"<p>a</p>"}})");
  EXPECT_THAT(html, Not(HasSubstr("multipart")));
  EXPECT_THAT(html, HasSubstr("Content-Type: text/html"));
  const auto text = body_of(R"("message":{},"overrides":{"email":{"subject":"S","text":"a"}})");
  EXPECT_THAT(text, Not(HasSubstr("html")));
}

TEST(smtp_request, unsubscribing_takes_one_click) {
  auto options = usual();
  options.unsubscribe_url = "https://duru.example/u?a={{address}}&u={{id}}";
  options.unsubscribe_mailto = "mailto:leave@duru.example";
  const auto body = body_of(R"("message":{"title":"T"})", R"({"id":"a b"})", options);
  EXPECT_THAT(body,
              HasSubstr("\r\nList-Unsubscribe: <https://duru.example/u?a=ada%40example.com&u=a%20b>,\r\n"
                        " <mailto:leave@duru.example>\r\n"
                        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
  EXPECT_THAT(body, HasSubstr(">Unsubscribe<"));
  EXPECT_THAT(body, HasSubstr("Unsubscribe: https://duru.example/u?a=3Dada%40example.com&u=3Da%20b"));
}

TEST(smtp_request, a_job_may_bring_its_own_way_to_unsubscribe_or_none) {
  auto options = usual();
  options.unsubscribe_url = "https://duru.example/u";
  const auto own = body_of(R"("message":{"title":"T"},"overrides":{"email":{"list_unsubscribe":"{{u}}"}})",
                           R"({"u":"https://other.example/x?y=1"})", options);
  EXPECT_THAT(own, HasSubstr("\r\nList-Unsubscribe: <https://other.example/x?y=1>\r\n"));
  const auto mailed =
      body_of(R"("message":{"title":"T"},"overrides":{"email":{"list_unsubscribe":"mailto:a@b.example"}})",
              "{}", options);
  EXPECT_THAT(mailed, Not(HasSubstr("List-Unsubscribe-Post")));
  const auto none =
      body_of(R"("message":{"title":"T"},"overrides":{"email":{"list_unsubscribe":null}})", "{}", options);
  EXPECT_THAT(none, Not(HasSubstr("nsubscribe")));
}

TEST(smtp_request, null_takes_the_configured_reply_to_away) {
  auto options = usual();
  options.reply_to = mailbox{"", "help@duru.example"};
  EXPECT_THAT(body_of(R"("message":{"title":"T"})", "{}", options), HasSubstr("Reply-To: help@duru.example"));
  EXPECT_THAT(body_of(R"("message":{"title":"T"},"overrides":{"email":{"reply_to":null}})", "{}", options),
              Not(HasSubstr("Reply-To")));
}

TEST(smtp_request, no_value_begins_another_header) {
  const std::string evil = R"({"x":"a\r\nBcc: evil@example.com"})";
  for (const auto* rest :
       {R"("message":{"title":"{{x}}"})",
        R"("message":{},"overrides":{"email":{"text":"t","subject":"{{x}}"}})",
        R"("message":{"title":"T"},"overrides":{"email":{"from":"{{x}} <a@duru.example>"}})",
        R"("message":{"title":"T"},"overrides":{"email":{"reply_to":"{{x}} <a@b.example>"}})",
        R"("message":{"title":"T"},"overrides":{"email":{"headers":{"X-A":"{{x}}"}}})",
        R"("message":{"title":"T"},"overrides":{"email":{"list_unsubscribe":"https://a/{{x}}"}})"}) {
    const auto made = mail(rest, evil);
    EXPECT_EQ(made.status, render_status::invalid_message) << rest;
    EXPECT_EQ(made.detail.find("evil"), std::string::npos) << made.detail;
  }
  for (const auto* text : {R"({"x":"a\nb"})", R"({"x":"a\rb"})", R"({"x":"a\u0000b"})"})
    EXPECT_EQ(mail(R"("message":{"title":"{{x}}"})", text).status, render_status::invalid_message) << text;
}

TEST(smtp_request, a_value_cannot_end_an_unsubscribe_uri_early) {
  const auto made =
      mail(R"("message":{"title":"T"},"overrides":{"email":{"list_unsubscribe":"https://a/{{x}}"}})",
           R"({"x":"b>, <https://evil.example"})");
  EXPECT_EQ(made.status, render_status::invalid_message);
}

TEST(smtp_request, what_an_override_may_not_say_is_refused) {
  for (const auto* email :
       {R"({"to":"x@y.example"})", R"({"subject":1})", R"({"headers":{"Bcc":"x@y.example"}})",
        R"({"headers":{"X-A B":"c"}})", R"({"headers":{"X-A":1}})", R"({"headers":[]})",
        R"({"from":"x@other.example"})", R"({"from":"nobody"})", R"({"reply_to":"nobody"})",
        R"({"list_unsubscribe":"http://plain.example"})", R"({"list_unsubscribe":"javascript:x"})"}) {
    const auto made = mail(std::string(R"("message":{"title":"T"},"overrides":{"email":)") + email + "}");
    EXPECT_EQ(made.status, render_status::invalid_message) << email;
    EXPECT_NE(made.detail, "") << email;
  }
}

TEST(smtp_request, nothing_to_say_is_refused) {
  EXPECT_EQ(mail(R"("message":{"data":{"a":"b"}})").status, render_status::invalid_message);
}

TEST(smtp_request, a_missing_variable_fails_its_recipient) {
  const auto made = mail(R"("message":{"title":"T","body":"{{nobody}}"})");
  EXPECT_EQ(made.status, render_status::missing_variable);
  EXPECT_EQ(made.detail, "nobody");
}

TEST(smtp_request, what_is_no_mail_address_is_not_sent_to) {
  for (const auto* address : {"a@b_c", "a..b@c", "a@[127.0.0.1]"})
    EXPECT_EQ(mail(R"("message":{"title":"T"})", "{}", usual(), address).status,
              render_status::unsupported_target)
        << address;
}

TEST(smtp_request, a_mail_that_grows_too_large_is_not_made) {
  std::string text;
  for (int i = 0; i < 2'000; ++i) text.append("{{x}}");
  const auto vars = R"({"x":")" + std::string(1'000, 'a') + R"("})";
  EXPECT_EQ(mail(R"("message":{},"overrides":{"email":{"subject":"S","text":")" + text + "\"}}", vars).status,
            render_status::payload_too_large);
  EXPECT_EQ(
      mail(R"("message":{},"overrides":{"email":{"subject":")" + text + R"(","text":"t"}})", vars).status,
      render_status::payload_too_large);
}

TEST(smtp_request, lines_stay_short_whatever_the_message_holds) {
  const auto body =
      body_of(R"("message":{"title":"{{t}}","body":"{{b}}"})",
              R"({"t":")" + std::string(1'500, 'x') + R"(","b":")" + std::string(5'000, 'y') + "\"}");
  std::string_view rest = body;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    EXPECT_LE(end, 76U) << rest.substr(0, end);
    rest.remove_prefix(end + 2);
  }
}

}  // namespace
}  // namespace dispatch::testing
