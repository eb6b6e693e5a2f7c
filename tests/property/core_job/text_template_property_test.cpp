// Templates and escaping against slow, obvious twins.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <regex>
#include <string>
#include <variant>

#include "core/job/job_parser.hpp"
#include "core/job/text_template.hpp"
#include "tests/property/core_policy/seed.hpp"

namespace dispatch {
namespace {

using test::dice;

std::string escaped_by_the_book(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20) {
          out += byte < 0x10 ? "\\u000" : "\\u001";
          out += "0123456789abcdef"[byte & 15];
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string random_text(dice& random) {
  constexpr std::array<std::string_view, 22> pieces{"{",
                                                    "}",
                                                    "{{",
                                                    "}}",
                                                    "{{a}}",
                                                    "{{ b.c }}",
                                                    "{{\tmissing}}",
                                                    " ",
                                                    "\t",
                                                    "a",
                                                    "b.c",
                                                    "\"",
                                                    "\\",
                                                    "\n",
                                                    std::string_view("\0", 1),
                                                    "\x1f",
                                                    "\x7f",
                                                    "\xc3\xa7",
                                                    "\xe2\x82\xac",
                                                    "\xf0\x9f\x98\x80",
                                                    "plain text of some length",
                                                    "-"};
  std::string out;
  for (auto count = random.between(0, 12); count > 0; --count) out += pieces[random.bits() % pieces.size()];
  return out;
}

TEST(json_escape_property, agrees_with_the_book) {
  dice random{111};
  for (int round = 0; round < 50'000; ++round) {
    const auto text = random_text(random);
    std::string out;
    append_json_escaped(out, text);
    ASSERT_EQ(out, escaped_by_the_book(text));
  }
}

TEST(json_escape_property, any_bytes_become_valid_json) {
  dice random{112};
  simdjson::dom::parser parser;
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (auto count = random.between(0, 40); count > 0; --count)
      text += static_cast<char>(random.one_in(2) ? random.between(0x80, 0xff) : random.between(0, 0x7f));
    std::string out = "\"";
    append_json_escaped(out, text);
    out += '"';
    std::string_view back;
    ASSERT_EQ(parser.parse(simdjson::padded_string(out)).get_string().get(back), simdjson::SUCCESS);
    if (simdjson::validate_utf8(text)) {
      ASSERT_EQ(back, text);
    }
  }
}

TEST(text_template_property, agrees_with_a_regular_expression) {
  job_parser parser;
  auto parsed = parser.parse(
      R"({"message":{"title":"t"},"recipients":[{"platform":"ios","token":"t","vars":{"a":"A\"{{b.c}}","b.c":""}}]})");
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<job>>(parsed));
  const auto& source = *std::get<std::unique_ptr<job>>(parsed);
  const auto& who = source.recipients[0];
  const std::regex pattern(R"(\{\{[ \t]*([A-Za-z0-9_.-]{1,64})[ \t]*\}\})");

  dice random{113};
  for (int round = 0; round < 20'000; ++round) {
    const auto text = random_text(random);
    std::string expected;
    bool complete = true;
    auto rest = text.begin();
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), none; match != none; ++match) {
      expected.append(rest, (*match)[0].first);
      const auto value = source.variable(who, (*match)[1].str());
      complete = complete && value.has_value();
      expected += value.value_or("");
      rest = (*match)[0].second;
    }
    expected.append(rest, text.end());

    body_template body;
    body.append_text(text);
    std::string out;
    std::string_view missing;
    const auto wanted = complete ? fill_status::ok : fill_status::missing_variable;
    ASSERT_EQ(body.render(source, who, "", 1u << 20, out, missing), wanted) << text;
    ASSERT_EQ(out, complete ? escaped_by_the_book(expected) : "") << text;
    std::string plain;
    ASSERT_EQ(text_template(text).render(source, who, 1u << 20, plain, missing), wanted) << text;
    ASSERT_EQ(plain, complete ? expected : "") << text;
  }
}

}  // namespace
}  // namespace dispatch
