#include "transport/providers/smtp/mail_template.hpp"

#include <gtest/gtest.h>

#include "tests/unit/providers/support.hpp"

namespace dispatch::testing {
namespace {

constexpr const char* recipient_json =
    R"({"platform":"email","address":"ada@example.com","vars":{"name":"<Ada> & \"co\"","n":"1"}})";

struct filled {
  fill_status status{};
  std::string text;
  std::string missing;
};

filled fill(const mail_template& from, std::size_t max_bytes = 10'000) {
  const auto source = job_for(recipient_json, R"("message":{"title":"T"})");
  filled out;
  std::string_view missing;
  out.status = from.render(*source, source->recipients[0], max_bytes, out.text, missing);
  out.missing = missing;
  return out;
}

TEST(mail_template, the_text_stays_and_values_are_escaped) {
  EXPECT_EQ(fill(mail_template("<b>{{name}}</b>", append_html_escaped)).text,
            "<b>&lt;Ada&gt; &amp; &quot;co&quot;</b>");
  EXPECT_EQ(fill(mail_template("<b>{{name}}</b>")).text, "<b><Ada> & \"co\"</b>");
  EXPECT_EQ(fill(mail_template("https://x/?u={{name}}", append_url_escaped)).text,
            "https://x/?u=%3CAda%3E%20%26%20%22co%22");
}

TEST(mail_template, fields_are_escaped_with_the_variables_in_them) {
  const std::vector<template_field> fields{{"title", "1 < {{n}} & {{name}}"}};
  EXPECT_EQ(fill(mail_template("<h1>{{title}}</h1>", fields, append_html_escaped)).text,
            "<h1>1 &lt; 1 &amp; &lt;Ada&gt; &amp; &quot;co&quot;</h1>");
}

TEST(mail_template, a_value_is_not_a_template) {
  const auto source = job_for(R"({"platform":"email","address":"a@b","vars":{"name":"{{n}}{{#title}}"}})",
                              R"("message":{"title":"T"})");
  std::string out;
  std::string_view missing;
  EXPECT_EQ(mail_template("{{name}}").render(*source, source->recipients[0], 100, out, missing),
            fill_status::ok);
  EXPECT_EQ(out, "{{n}}{{#title}}");
}

TEST(mail_template, a_fields_url_gets_values_as_parts_of_it) {
  const std::vector<template_field> fields{{"unsubscribe", "https://x/?a=1&u={{name}}", true}};
  EXPECT_EQ(fill(mail_template("<a href=\"{{unsubscribe}}\">", fields, append_html_escaped)).text,
            "<a href=\"https://x/?a=1&amp;u=%3CAda%3E%20%26%20%22co%22\">");
}

TEST(mail_template, what_begins_an_href_is_a_link_or_nothing) {
  const std::vector<template_field> fields{{"link", "javascript:x"}, {"page", "https://x/{{n}}"}};
  const auto html = [&](const char* text) {
    return fill(mail_template(text, fields, append_html_escaped)).text;
  };
  EXPECT_EQ(html("<a HREF = '{{link}}'>{{link}}</a>"), "<a HREF = '#'>javascript:x</a>");
  EXPECT_EQ(html("<a href={{link}}>"), "<a href=#>");
  EXPECT_EQ(html("<a href=\"{{name}}\">"), "<a href=\"#\">");
  EXPECT_EQ(html("<a href=\"{{page}}\">"), "<a href=\"https://x/1\">");
  EXPECT_EQ(html("<a href=\"https://x/{{n}}\" title=\"{{link}}\">"),
            "<a href=\"https://x/1\" title=\"javascript:x\">");
  EXPECT_EQ(fill(mail_template("href=\"{{link}}\"", fields, append_unescaped)).text, "href=\"javascript:x\"");
}

TEST(mail_template, sections_of_empty_fields_are_left_out) {
  const std::string text =
      "a{{#link}} [{{link}}]{{/link}}{{#image}} ({{image}}){{/image}} b{{#link}}!{{/link}}";
  EXPECT_EQ(fill(mail_template(text, {{"link", "L"}, {"image", ""}}, append_unescaped)).text, "a [L] b!");
  EXPECT_EQ(fill(mail_template(text, {{"link", ""}, {"image", "I"}}, append_unescaped)).text, "a (I) b");
  EXPECT_EQ(fill(mail_template("a{{#link}}b", {{"link", ""}}, append_unescaped)).text, "a{{#link}}b")
      << "without an end it is no section";
}

TEST(mail_template, the_address_is_always_known) {
  EXPECT_EQ(fill(mail_template("https://x/?a={{address}}", append_url_escaped)).text,
            "https://x/?a=ada%40example.com");
}

TEST(mail_template, a_missing_variable_is_named) {
  const auto got = fill(mail_template("{{n}} {{nobody}}"));
  EXPECT_EQ(got.status, fill_status::missing_variable);
  EXPECT_EQ(got.missing, "nobody");
}

TEST(mail_template, a_text_that_grows_beyond_its_limit_is_given_up) {
  std::string text;
  for (int i = 0; i < 1'000; ++i) text.append("{{name}}");
  EXPECT_EQ(fill(mail_template(text), 100).status, fill_status::too_large);
  EXPECT_EQ(fill(mail_template(std::string(101, 'a')), 100).status, fill_status::too_large);
  EXPECT_EQ(fill(mail_template(std::string(100, 'a')), 100).status, fill_status::ok);
}

}  // namespace
}  // namespace dispatch::testing
