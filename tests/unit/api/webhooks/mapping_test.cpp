#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/job/text_template.hpp"
#include "tests/unit/api/webhooks/mappings.hpp"

namespace dispatch::test {
namespace {

using ::testing::HasSubstr;

TEST(webhook_mapping, puts_values_of_the_payload_into_texts) {
  EXPECT_EQ(
      made(R"({"a":"{{/x}}-{{ /y/0 }}","b":"no pointer","c":[1,true,"{{/x}}"]})", R"({"x":"X","y":[1.5]})"),
      R"({"a":"X-1.5","b":"no pointer","c":[1,true,"X"]})");
  EXPECT_EQ(made(R"({"a":"{{/a~1b}} {{/m~0n}} {{/}}"})", R"({"a/b":1,"m~n":false,"":"empty"})"),
            R"({"a":"1 false empty"})");
  EXPECT_EQ(made(R"({"a":"{{/x}}"})", R"({"x":"\"quoted\" \\ \n \u0001 ü"})"),
            R"({"a":"\"quoted\" \\ \n \u0001 ü"})");
}

TEST(webhook_mapping, leaves_the_jobs_own_variables_alone) {
  EXPECT_EQ(made(R"({"message":{"title":"Hi {{name}}, {{/x}} {{ }} {{"}})", R"({"x":"X"})"),
            R"({"message":{"title":"Hi {{name}}, X {{ }} {{"}})");
}

TEST(webhook_mapping, copies_values_of_any_kind) {
  const char* payload = R"({"data":{"k":"v","n":[1,2.5,null]},"n":7,"t":"text"})";
  EXPECT_EQ(made(R"({"a":{"$from":"/data"},"b":{"$from":"/n"},"c":{"$from":"/t"}})", payload),
            R"({"a":{"k":"v","n":[1,2.5,null]},"b":7,"c":"text"})");
  EXPECT_EQ(made(R"({"a":{"$from":""}})", "[1]"), R"({"a":[1]})");
}

TEST(webhook_mapping, makes_recipients_of_an_array) {
  EXPECT_EQ(
      made(
          R"({"recipients":{"$from":"/to","$each":{"platform":"{{./os}}","token":"{{./token}}","vars":{"who":"{{/from}}"}}}})",
          R"({"from":"Ada","to":[{"os":"ios","token":"a"},{"os":"android","token":"b"}]})"),
      R"({"recipients":[{"platform":"ios","token":"a","vars":{"who":"Ada"}},{"platform":"android","token":"b","vars":{"who":"Ada"}}]})");
  EXPECT_EQ(made(R"({"recipients":{"$from":"/tokens","$each":{"platform":"ios","token":"{{.}}"}}})",
                 R"({"tokens":["a","b"]})"),
            R"({"recipients":[{"platform":"ios","token":"a"},{"platform":"ios","token":"b"}]})");
  EXPECT_EQ(made(R"({"recipients":{"$from":"/to"}})", R"({"to":[{"platform":"ios","token":"a"}]})"),
            R"({"recipients":[{"platform":"ios","token":"a"}]})")
      << "complete ones as they are";
  EXPECT_EQ(
      made(R"({"recipients":{"$from":"/to","$each":{"$from":"./r"}}})", R"({"to":[{"r":{"token":"a"}}]})"),
      R"({"recipients":[{"token":"a"}]})");
}

TEST(webhook_mapping, leaves_out_what_comes_out_as_null) {
  const char* job =
      R"({"message":{"title":{"$from":"/t","$default":"New"},"body":{"$from":"/b","$default":null},"link":null}})";
  EXPECT_EQ(made(job, R"({"t":"T","b":"B"})"), R"({"message":{"title":"T","body":"B"}})");
  EXPECT_EQ(made(job, R"({"t":null})"), R"({"message":{"title":"New"}})");
  EXPECT_EQ(made(R"({"a":{"$from":"/x","$default":{"$from":"/y","$default":"{{/z}}"}}})", R"({"z":3})"),
            R"({"a":"3"})");
}

TEST(webhook_mapping, says_where_in_the_payload_something_is_missing) {
  EXPECT_EQ(made(R"({"a":"{{/x/y}}"})", R"({"x":{}})"), "/x/y: is missing in the payload");
  EXPECT_EQ(made(R"({"a":"{{/x}}"})", R"({"x":null})"), "/x: is missing in the payload");
  EXPECT_EQ(made(R"({"a":"{{/x}}"})", R"({"x":{}})"), "/x: is neither text nor number");
  EXPECT_EQ(made(R"({"a":{"$from":"/x"}})", "{}"), "/x: is missing in the payload");
  EXPECT_EQ(made(R"({"a":{"$from":"/x","$each":"{{.}}"}})", R"({"x":{}})"), "/x: is no array");
  EXPECT_EQ(made(R"({"a":{"$from":"/x","$each":"{{./t}}"}})", R"({"x":[{"t":"a"},{}]})"),
            "/x/1/t: is missing in the payload");
  EXPECT_EQ(made(R"({"a":"{{/x/9}}{{/x/-}}"})", R"({"x":[1]})"), "/x/9: is missing in the payload");
}

// Whoever writes a note must not be able to read other recipients' variables, or to fail the job.
TEST(webhook_mapping, never_takes_text_of_the_payload_for_a_template) {
  const char* job = R"({"message":{"title":"{{/t}}","body":"Hi {{name}}: {{/t}}","data":{"$from":"/d"}},
                        "collapse_key":"{{/t}}",
                        "recipients":[{"platform":"ios","token":"a","vars":{"name":"Ada"}},{"platform":"ios","token":"b"}]})";
  const auto document =
      applied("{\"job\":" + std::string(job) + "}", R"({"t":"{{name}}","d":{"k":"x{{name}}","l":"plain"}})");
  std::string why;
  const auto parsed = parsed_job(document, &why);
  ASSERT_TRUE(parsed) << why << document;
  const auto rendered = [&](std::string_view text, const recipient& who) {
    std::string out;
    std::string_view missing;
    return text_template(text).render(*parsed, who, 10'000, out, missing) == fill_status::ok
               ? out
               : "missing " + std::string(missing);
  };
  const auto& first = parsed->recipients[0];
  const auto& second = parsed->recipients[1];
  EXPECT_EQ(rendered(parsed->message.title, first), "{{name}}");
  EXPECT_EQ(rendered(parsed->message.title, second), "{{name}}");
  EXPECT_EQ(rendered(parsed->message.body, first), "Hi Ada: {{name}}");
  EXPECT_EQ(rendered(parsed->message.body, second), "missing name");
  EXPECT_EQ(rendered(parsed->collapse_key, first), "{{name}}");
  EXPECT_EQ(rendered(parsed->message.data[0].second, second), "x{{name}}");
  EXPECT_EQ(parsed->message.data[1].second, "plain");
}

TEST(webhook_mapping, does_not_let_a_value_complete_a_template_either) {
  const auto rendered = [](const std::string& title, const std::string& value) {
    const auto document =
        applied(R"({"job":{"message":{"title":")" + title +
                    R"("},"recipients":[{"platform":"ios","token":"a","vars":{"secret":"S","a":"A"}}]}})",
                R"({"x":")" + value + "\"}");
    const auto parsed = parsed_job(document);
    if (!parsed) return document;
    std::string out;
    std::string_view missing;
    return text_template(parsed->message.title)
                       .render(*parsed, parsed->recipients[0], 10'000, out, missing) == fill_status::ok
               ? out
               : "missing " + std::string(missing);
  };
  EXPECT_EQ(rendered("{{{/x}}", "{secret}}"), "{{secret}}");
  EXPECT_EQ(rendered("{ {{/x}}}}", "{secret"), "{ {secret}}");
  EXPECT_EQ(rendered("{{sec{{/x}}}}", "ret"), "{{secret}}");
  EXPECT_EQ(rendered("{{/x}}{{a}}", "{"), "{A");
  EXPECT_EQ(rendered("{{/x}}{{a}}", "\\u007b\\u007bsecret}}"), "{{secret}}A") << "escaped braces are braces";
}

TEST(webhook_mapping, cannot_carry_braces_to_an_audience) {
  const char* job = R"({"audience":"a","message":{"title":"{{/t}}"}})";
  EXPECT_EQ(made(job, R"({"t":"plain"})"), R"({"audience":"a","message":{"title":"plain"}})");
  EXPECT_THAT(made(job, R"({"t":"{{x}}"})"), HasSubstr("needs recipients to go with"));
}

TEST(webhook_mapping, makes_no_job_larger_than_4_mib) {
  const std::string big(900'000, 'x');
  const auto payload = R"({"t":")" + big + R"(","to":[1,2,3,4,5,6,7,8]})";
  EXPECT_THAT(made(R"({"recipients":{"$from":"/to","$each":"{{/t}}"}})", payload),
              HasSubstr("larger than 4 MiB"));
  EXPECT_THAT(made(R"({"a":"{{/t}}{{/t}}{{/t}}{{/t}}{{/t}}"})", payload), HasSubstr("larger than 4 MiB"));
  const auto braces = R"({"t":"{{x}})" + big + R"(","to":[1,2,3,4,5,6,7,8]})";
  EXPECT_THAT(made(R"({"message":{"title":"{{/t}}"},"recipients":{"$from":"/to","$each":{"token":"{{.}}"}}})",
                   braces),
              HasSubstr("larger than 4 MiB"))
      << "variables are written once a recipient";
}

TEST(webhook_mapping, wants_only_what_all_its_conditions_name) {
  const auto wants = [](const std::string& when, const std::string& payload, std::string event = "push") {
    const auto compiled = webhook_mapping::compile(R"({"job":{},"when":)" + when + "}");
    if (std::holds_alternative<mapping_error>(compiled))
      throw std::runtime_error(std::get<mapping_error>(compiled).message);
    http_request request{"POST", "/", {{"x-github-event", std::move(event)}}, payload, ""};
    const auto parsed = strict_json::parse(payload);
    return std::get<webhook_mapping>(compiled).wants(request, std::get<strict_json>(parsed).root());
  };
  EXPECT_TRUE(wants("[]", "{}"));
  EXPECT_TRUE(wants(R"([{"pointer":"/type","equals":"INSERT"}])", R"({"type":"INSERT"})"));
  EXPECT_FALSE(wants(R"([{"pointer":"/type","equals":"INSERT"}])", R"({"type":"UPDATE"})"));
  EXPECT_FALSE(wants(R"([{"pointer":"/type","equals":"INSERT"}])", R"({"type":["INSERT"]})"));
  EXPECT_FALSE(wants(R"([{"pointer":"/type","equals":"INSERT"}])", "[]"));
  EXPECT_TRUE(wants(R"([{"pointer":"/n","in":[1,null,true]}])", R"({"n":null})"));
  EXPECT_FALSE(wants(R"([{"pointer":"/n","in":[1,null,true]}])", R"({"n":"1"})")) << "a text is no number";
  EXPECT_TRUE(wants(R"([{"pointer":"/n","exists":true},{"pointer":"/m","exists":false}])", R"({"n":null})"));
  EXPECT_FALSE(wants(R"([{"pointer":"/n","exists":false}])", R"({"n":1})"));
  EXPECT_TRUE(wants(R"([{"header":"X-GitHub-Event","in":["ping","push"]}])", "{}"));
  EXPECT_FALSE(wants(R"([{"header":"X-GitHub-Event","equals":"ping"}])", "{}"));
  EXPECT_FALSE(wants(R"([{"header":"x-other","exists":true}])", "{}"));
  EXPECT_FALSE(wants(R"([{"pointer":"/a","equals":1},{"pointer":"/b","equals":2}])", R"({"a":1,"b":3})"));
}

TEST(webhook_mapping, that_is_wrong_is_refused_with_the_place) {
  const auto error = [](const std::string& mapping) { return applied(mapping, "{}"); };
  EXPECT_EQ(error("nonsense"), "mapping : is not JSON");
  EXPECT_EQ(error("[]"), "mapping : must be an object");
  EXPECT_EQ(error("{}"), "mapping /job: is required");
  EXPECT_EQ(error(R"({"job":[]})"), "mapping /job: must be an object");
  EXPECT_EQ(error(R"({"job":{"$from":"/x"}})"), "mapping /job: must be an object");
  EXPECT_EQ(error(R"({"job":{},"filter":[]})"), "mapping /filter: unknown field");
  EXPECT_EQ(error(R"({"job":{"id":"x"}})"), "mapping /job/id: is set from the source's configuration");
  EXPECT_EQ(error(R"({"job":{"tenant":"x"}})"),
            "mapping /job/tenant: is set from the source's configuration");
  EXPECT_EQ(error(R"({"job":{"a":{"$from":"x"}}})"),
            R"(mapping /job/a/$from: must be a JSON Pointer: "", "/…", or "./…" inside "$each")");
  EXPECT_EQ(error(R"({"job":{"a":{"$from":"/x~2"}}})"),
            R"(mapping /job/a/$from: must be a JSON Pointer: "", "/…", or "./…" inside "$each")");
  EXPECT_EQ(error(R"({"job":{"a":{"$each":1}}})"), R"(mapping /job/a: "$from" is missing)");
  EXPECT_EQ(error(R"({"job":{"a":{"$from":"/x","$map":1}}})"),
            R"(mapping /job/a/$map: unknown: there are "$from", "$each" and "$default")");
  EXPECT_EQ(
      error(R"({"job":{"a":{"b":1,"$from":"/x"}}})"),
      R"(mapping /job/a/$from: must be the first member: nothing stands beside "$from", "$each" and "$default")");
  EXPECT_EQ(error(R"({"job":{"a":["{{./x}}"]}})"),
            R"(mapping /job/a/0: {{.}} and {{./…}} have a meaning only inside "$each")");
  EXPECT_EQ(error(R"({"job":{"a":{"$from":"./x"}}})"),
            R"(mapping /job/a/$from: "./…" has a meaning only inside "$each")");
  EXPECT_EQ(error(R"({"job":{"a":1,"a":2}})"), "mapping : has a key twice in one object");
  EXPECT_EQ(error(R"({"job":{},"when":{}})"), "mapping /when: must be an array");
  EXPECT_EQ(error(R"({"job":{},"when":[{"pointer":"/x"}]})"),
            R"(mapping /when/0: needs one of "equals", "in" and "exists")");
  EXPECT_EQ(error(R"({"job":{},"when":[{"pointer":"/x","equals":1,"exists":true}]})"),
            R"(mapping /when/0: needs one of "equals", "in" and "exists")");
  EXPECT_EQ(error(R"({"job":{},"when":[{"equals":1}]})"),
            R"(mapping /when/0: needs either "pointer" or "header")");
  EXPECT_EQ(error(R"({"job":{},"when":[{"pointer":"x","equals":1}]})"),
            "mapping /when/0/pointer: must be a JSON Pointer");
  EXPECT_EQ(error(R"({"job":{},"when":[{"pointer":"/x","in":[]}]})"),
            "mapping /when/0/in: must be an array of values");
  EXPECT_EQ(error(R"({"job":{},"when":[{"pointer":"/x","equals":[]}]})"),
            "mapping /when/0/equals: must be a text, a number, true, false or null");
  EXPECT_EQ(error(std::string(70'000, ' ')), "mapping : is larger than 64 KiB");
}

}  // namespace
}  // namespace dispatch::test
