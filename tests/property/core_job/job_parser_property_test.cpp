// Good documents, damaged at random: never a crash, and either a job that survives being parked, or a refusal
// that points to its reason.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/job/job_parser.hpp"
#include "tests/property/core_job/invariants.hpp"
#include "tests/property/core_policy/seed.hpp"

namespace dispatch {
namespace {

using test::broken_invariant;
using test::dice;

const std::vector<std::string>& good_documents() {
  static const auto documents = [] {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(DISPATCH_SOURCE_DIR "/docs/examples")) {
      if (entry.path().extension() != ".json") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    std::sort(out.begin(), out.end());
    return out;
  }();
  return documents;
}

constexpr std::array<std::string_view, 36> fragments{"{",
                                                     "}",
                                                     "[",
                                                     "]",
                                                     ",",
                                                     ":",
                                                     "\"",
                                                     "\\",
                                                     "{}",
                                                     "[]",
                                                     "null",
                                                     "true",
                                                     "-1",
                                                     "0",
                                                     "1.5",
                                                     "1e400",
                                                     "\"\"",
                                                     "\\u0000",
                                                     "\\ud800",
                                                     "\xff",
                                                     "{{",
                                                     "}}",
                                                     "{{name}}",
                                                     "\"vars\":{\"a\":1},",
                                                     "\"token\":\"x\",",
                                                     "\"topic\":\"x\",",
                                                     "\"url\":\"https://x\",",
                                                     "\"id\":\"i\",",
                                                     "\"platform\":\"web\",",
                                                     "\"from\":\"\",",
                                                     "\"title\":\"t\",",
                                                     "\"send_at\":9e9,",
                                                     "\"overrides\":{\"apns\":{\"a\":[1.0,{}]}},",
                                                     "\"audience\":\"a\",",
                                                     "18446744073709551616",
                                                     "\n"};

std::size_t place(dice& random, const std::string& text) {
  return static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(text.size())));
}

/// Where a token begins, so that insertions often leave JSON behind.
std::size_t token_place(dice& random, const std::string& text) {
  const auto found = text.find_first_of("{[,:\"", place(random, text));
  return found == std::string::npos ? text.size() : found + 1;
}

void damage(dice& random, std::string& text) {
  const auto at = place(random, text);
  const auto length = static_cast<std::size_t>(random.between(1, 12));
  switch (random.between(0, 6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(random.bits());
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(at, text.substr(place(random, text), length));
      break;
    case 3:
      text.resize(at);
      break;
    default: {
      const auto& piece = fragments[random.bits() % fragments.size()];
      text.insert(token_place(random, text), piece);
    }
  }
}

TEST(job_parser_property, damaged_documents_are_refused_or_sound) {
  dice random{101};
  const auto& sources = good_documents();
  ASSERT_GE(sources.size(), 5u);
  for (int round = 0; round < 40'000; ++round) {
    auto text = sources[random.bits() % sources.size()];
    for (auto count = random.between(0, 3); count > 0; --count) damage(random, text);
    ASSERT_EQ(broken_invariant(text), "") << text;
  }
}

/// Only members that may stand there: every document is taken.
TEST(job_parser_property, any_mix_of_allowed_fields_survives) {
  job_parser parser;
  dice random{102};
  constexpr std::array<std::string_view, 9> targets{
      R"("platform":"android","token":"t\"\\\u0041")",
      R"("platform" : "ios" , "topic":"a~b%")",
      R"("condition":"'a' in topics","platform":"web")",
      R"("platform":"web","subscription":{"endpoint":"https://p/x","keys":{"auth":"a","p256dh":"b"}})",
      R"("platform":"email","address":"ada@example.com")",
      R"("url":"http://hook/?a=b","platform":"webhook")",
      R"("platform":"android","fid":"a-_9")",
      R"("platform":"ios","channel":"a+/-_9==")",
      R"("platform":"ios","token":"t","id":"\u00e7")"};
  constexpr std::array<std::string_view, 6> heads{
      R"("tenant":"t",)",
      R"("id":"a:b",)",
      R"("priority":"normal", )",
      R"("dry_run":false,)",
      R"("collapse_key":"\u00e7",)",
      R"( "overrides":{"apns":{"a":{ "b":[1.50, -0]}},"email":{}},)"};
  for (int round = 0; round < 5'000; ++round) {
    std::string text = "{";
    for (const auto head : heads) {
      if (random.one_in(2)) text += head;
    }
    text += R"("message":{"title":"Hi {{a}}","data":{"k":"\u0001"}},"recipients":[)";
    for (auto count = random.between(1, 9); count > 0; --count) {
      text += "{";
      text += targets[random.bits() % targets.size()];
      if (random.one_in(2)) text += R"(,"vars":{"a":-0,"b.c":18446744073709551615})";
      text += count > 1 ? "}, " : "}]}";
    }
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<job>>(parser.parse(text))) << text;
    ASSERT_EQ(broken_invariant(text), "") << text;
  }
}

}  // namespace
}  // namespace dispatch
