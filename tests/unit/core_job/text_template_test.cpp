#include "core/job/text_template.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/unit/core_job/parsing.hpp"

namespace dispatch {
namespace {

/// A job with one recipient with these variables (a JSON object).
std::unique_ptr<job> with_vars(const std::string& vars) {
  return test::parse_good(
      R"({"message":{"title":"t"},"recipients":[{"platform":"android","token":"tok\"en","vars":)" + vars +
      "}]}");
}

std::string rendered(const body_template& body, const job& source) {
  std::string out, failed = "failed";
  std::string_view missing;
  return body.render(source, source.recipients[0], "DEDUPE", 10'000, out, missing) == fill_status::ok
             ? out
             : failed;
}

TEST(placeholder, is_a_name_in_double_braces) {
  for (const auto* good :
       {"{{a}}", "{{ a }}", "{{\tA-b_c.9 }}", "x{{a}}", "{{{a}}}", "{{ {{a}}", "{{a}b {{a}}"})
    EXPECT_TRUE(has_placeholder(good)) << good;
  for (const auto* bad :
       {"", "{a}", "{{}}", "{{ }}", "{{a", "{{a}", "{{a b}}", "{{a}.}", "{ {a}}", "{{\xc3\xa7}}"})
    EXPECT_FALSE(has_placeholder(bad)) << bad;
  EXPECT_TRUE(has_placeholder("{{" + std::string(64, 'n') + "}}"));
  EXPECT_FALSE(has_placeholder("{{" + std::string(65, 'n') + "}}"));
}

TEST(placeholder, is_found_with_its_place) {
  const auto found = find_placeholder("{{{ name }}}");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->begin, 1u);
  EXPECT_EQ(found->end, 11u);
  EXPECT_EQ(found->name, "name");
  EXPECT_FALSE(find_placeholder("{{a}}", 1));
}

TEST(body_template, fills_holes_and_variables) {
  body_template body;
  body.append_literal(R"({"title":")");
  body.append_text("Hi \"{{ name }}\", {{n}} new {{ ");
  body.append_literal(R"(","token":")");
  body.append_hole(body_template::hole::target);
  body.append_literal(R"(","id":")");
  body.append_hole(body_template::hole::dedupe_key);
  body.append_literal("\"}");
  EXPECT_TRUE(body.has_variables());
  const auto source = with_vars(R"({"name":"A\"d\na","n":3})");
  ASSERT_TRUE(source);
  EXPECT_EQ(rendered(body, *source),
            R"({"title":"Hi \"A\"d\na\", 3 new {{ ","token":"tok\"en","id":"DEDUPE"})");
}

TEST(body_template, fills_variables_in_finished_json) {
  body_template body;
  body.append_json(R"({"aps":{"alert":{"body":"{{a}} \"and\" {{ b }}"}},"x":{"y":{"z":{}}}})");
  const auto source = with_vars(R"({"a":"\\","b":"}}"})");
  ASSERT_TRUE(source);
  EXPECT_EQ(rendered(body, *source), R"({"aps":{"alert":{"body":"\\ \"and\" }}"}},"x":{"y":{"z":{}}}})");
}

TEST(body_template, does_not_expand_what_a_value_brings) {
  body_template body;
  body.append_text("{{a}}");
  const auto source = with_vars(R"({"a":"{{b}}","b":"no"})");
  ASSERT_TRUE(source);
  EXPECT_EQ(rendered(body, *source), "{{b}}");
}

TEST(body_template, names_the_missing_variable_and_leaves_the_output) {
  body_template body;
  body.append_text("Hi {{name}}, {{missing}}");
  const auto source = with_vars(R"({"name":"Ada"})");
  ASSERT_TRUE(source);
  std::string out = "before";
  std::string_view missing;
  EXPECT_EQ(body.render(*source, source->recipients[0], "", 10'000, out, missing),
            fill_status::missing_variable);
  EXPECT_EQ(missing, "missing");
  EXPECT_EQ(out, "before");
}

TEST(body_template, stops_where_it_becomes_too_large_and_leaves_the_output) {
  const std::string value(1'000, 'v');
  const auto source = with_vars("{\"v\":\"" + value + "\"}");
  ASSERT_TRUE(source);
  body_template body;
  for (int i = 0; i < 1'000; ++i) body.append_text("{{v}}");
  std::string out = "before";
  std::string_view missing;
  EXPECT_EQ(body.render(*source, source->recipients[0], "", 10'000, out, missing), fill_status::too_large);
  EXPECT_EQ(out, "before");
  EXPECT_LT(out.capacity(), 30'000u) << "memory goes by the limit, not by what was asked for";
}

TEST(body_template, fills_exactly_up_to_the_limit) {
  const auto source = with_vars(R"({"v":"12\n"})");
  ASSERT_TRUE(source);
  body_template body;
  body.append_text("ab{{v}}c");
  std::string out;
  std::string_view missing;
  EXPECT_EQ(body.render(*source, source->recipients[0], "", 6, out, missing), fill_status::too_large);
  EXPECT_EQ(body.render(*source, source->recipients[0], "", 7, out, missing), fill_status::ok);
  EXPECT_EQ(out, R"(ab12\nc)");
  const text_template text("ab{{v}}c");
  out.clear();
  EXPECT_EQ(text.render(*source, source->recipients[0], 5, out, missing), fill_status::too_large);
  EXPECT_EQ(out, "");
  EXPECT_EQ(text.render(*source, source->recipients[0], 6, out, missing), fill_status::ok);
}

TEST(placeholder, is_counted_no_further_than_asked) {
  EXPECT_EQ(count_placeholders("{{a}} {{ b }} {{", 10), 2u);
  EXPECT_EQ(count_placeholders("{{a}}{{a}}{{a}}", 2), 2u);
  EXPECT_EQ(count_placeholders("", 2), 0u);
}

TEST(body_template, without_variables_says_so) {
  body_template body;
  body.append_text("{{ }} {{");
  body.append_hole(body_template::hole::target);
  EXPECT_FALSE(body.has_variables());
}

TEST(body_template, gives_valid_json_for_any_value) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "\xc3\xa7\xe2\x82\xac\xf0\x9f\x98\x80";
  std::string quoted = "{\"a\":\"";
  append_json_escaped(quoted, all);
  const auto source = with_vars(quoted + "\"}");
  ASSERT_TRUE(source);
  body_template body;
  body.append_literal("\"");
  body.append_text("{{a}}");
  body.append_literal("\"");
  simdjson::dom::parser parser;
  std::string_view back;
  ASSERT_EQ(parser.parse(simdjson::padded_string(rendered(body, *source))).get_string().get(back),
            simdjson::SUCCESS);
  EXPECT_EQ(back, all);
}

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) c == '<' ? out.append("&lt;") : out.append(1, c);
}

TEST(text_template, escapes_for_where_it_lands) {
  const text_template html("a<b {{x}} >{{x}}", append_html);
  const text_template plain("a<b {{x}}!");
  const auto source = with_vars(R"({"x":"<i>"})");
  ASSERT_TRUE(source);
  std::string out;
  std::string_view missing;
  EXPECT_EQ(html.render(*source, source->recipients[0], 10'000, out, missing), fill_status::ok);
  EXPECT_EQ(out, "a&lt;b &lt;i> >&lt;i>");
  out.clear();
  EXPECT_EQ(plain.render(*source, source->recipients[0], 10'000, out, missing), fill_status::ok);
  EXPECT_EQ(out, "a<b <i>!");
  EXPECT_TRUE(plain.has_variables());
  EXPECT_FALSE(text_template("none").has_variables());
}

TEST(text_template, names_the_missing_variable_and_leaves_the_output) {
  const text_template text("{{x}}{{y}}");
  const auto source = with_vars(R"({"x":"1"})");
  ASSERT_TRUE(source);
  std::string out = "before";
  std::string_view missing;
  EXPECT_EQ(text.render(*source, source->recipients[0], 10'000, out, missing), fill_status::missing_variable);
  EXPECT_EQ(missing, "y");
  EXPECT_EQ(out, "before");
}

}  // namespace
}  // namespace dispatch
