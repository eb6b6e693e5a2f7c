// The documents that are kept as files: the examples of the guide, and the schema.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "tests/unit/core_job/parsing.hpp"

namespace dispatch {
namespace {

namespace fs = std::filesystem;
const fs::path root = DISPATCH_SOURCE_DIR;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(root / folder)) {
    if (entry.is_regular_file()) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(examples, are_accepted) {
  std::size_t count = 0;
  for (const auto& path : files_in("docs/examples")) {
    if (path.extension() != ".json") continue;
    SCOPED_TRACE(path);
    EXPECT_TRUE(test::parse_good(test::read_file(path)));
    ++count;
  }
  EXPECT_GE(count, 5u);
}

/// The schema's property names under `pointer`.
std::vector<std::string> properties(simdjson::dom::element schema, const std::string& pointer) {
  std::vector<std::string> out;
  simdjson::dom::object object;
  EXPECT_EQ(schema.at_pointer(pointer + "/properties").get_object().get(object), simdjson::SUCCESS)
      << pointer;
  for (const auto [key, value] : object) out.emplace_back(key);
  std::sort(out.begin(), out.end());
  return out;
}

using names = std::vector<std::string>;

// The parser's side of these lists is held by the refusals' table ("unknown field") and by the next test.
TEST(schema, names_the_fields_the_parser_knows) {
  simdjson::dom::parser parser;
  simdjson::dom::element schema;
  ASSERT_EQ(parser.load((root / "docs/job.schema.json").string()).get(schema), simdjson::SUCCESS);
  EXPECT_EQ(properties(schema, ""),
            (names{"app", "audience", "collapse_key", "dry_run", "expires_at", "id", "message", "overrides",
                   "priority", "recipients", "send_at", "tenant"}));
  EXPECT_EQ(properties(schema, "/$defs/message"),
            (names{"badge", "body", "data", "image", "link", "sound", "title"}));
  EXPECT_EQ(properties(schema, "/$defs/overrides"),
            (names{"android", "apns", "email", "webhook", "webpush"}));
  EXPECT_EQ(properties(schema, "/$defs/recipient"),
            (names{"address", "channel", "condition", "fid", "id", "platform", "subscription", "token",
                   "topic", "url", "vars"}));
  EXPECT_EQ(properties(schema, "/$defs/subscription"), (names{"endpoint", "expirationTime", "keys"}));
}

TEST(schema, has_no_field_the_parser_does_not_know) {
  simdjson::dom::parser parser;
  simdjson::dom::element schema;
  ASSERT_EQ(parser.load((root / "docs/job.schema.json").string()).get(schema), simdjson::SUCCESS);
  const auto known = [](const std::string& document, const std::string& name) {
    // The value is wrong for every field, so that is what is complained about.
    const auto error = test::parse_bad(document);
    EXPECT_TRUE(error.pointer.ends_with("/" + name)) << error.pointer;
    EXPECT_NE(error.message, "unknown field") << error.pointer;
  };
  for (const auto& name : properties(schema, "")) known("{\"" + name + "\":-1}", name);
  for (const auto& name : properties(schema, "/$defs/message"))
    known("{\"message\":{\"" + name + "\":-1}}", name);
  for (const auto& name : properties(schema, "/$defs/overrides"))
    known("{\"overrides\":{\"" + name + "\":-1}}", name);
  for (const auto& name : properties(schema, "/$defs/recipient"))
    known("{\"recipients\":[{\"" + name + "\":-1}]}", name);
}

}  // namespace
}  // namespace dispatch
