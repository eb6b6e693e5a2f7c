// The worked examples of configs/webhooks with recorded deliveries.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "api/config/ingest_tables.hpp"
#include "tests/unit/api/webhooks/mappings.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::chrono::system_clock::time_point now{std::chrono::seconds{1'795'435'200}};
const std::string secret = "a secret shared with the sender";

std::string recorded(const std::string& name) {
  std::ifstream file(DISPATCH_SOURCE_DIR "/tests/unit/api/webhooks/payloads/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class webhook_example : public ::testing::Test {
 protected:
  void use(source_settings settings, const std::string& mapping) {
    settings.secret = secret;
    settings.mapping_file = DISPATCH_SOURCE_DIR "/configs/webhooks/" + mapping;
    const auto made = make_ingest_tables({}, {settings}, {});
    ASSERT_TRUE(made.tables) << made.issues[0].key << ' ' << made.issues[0].message;
    tables_ = made.tables;
  }
  webhook_conversion deliver(const std::string& body,
                             std::vector<std::pair<std::string, std::string>> headers) {
    return tables_->sources.begin()->second.convert({"POST", "/v1/webhooks/x", std::move(headers), body, ""},
                                                    now);
  }
  static std::unique_ptr<job> job_of(const webhook_conversion& conversion) {
    if (const auto* problem = std::get_if<webhook_problem>(&conversion)) {
      ADD_FAILURE() << problem->pointer << ' ' << problem->detail;
      return nullptr;
    }
    std::string why;
    auto parsed = parsed_job(std::get<webhook_job>(conversion).document, &why);
    EXPECT_TRUE(parsed) << why;
    return parsed;
  }

  std::shared_ptr<const ingest_tables> tables_;
};

class supabase_note : public webhook_example {
 protected:
  void SetUp() override {
    source_settings settings;
    settings.name = "notes";
    settings.verify = "bearer";
    settings.delivery_id = "/record/id";
    use(settings, "supabase-note.json");
  }
  const std::vector<std::pair<std::string, std::string>> headers_{{"content-type", "application/json"},
                                                                  {"user-agent", "pg_net/0.8.0"},
                                                                  {"authorization", "Bearer " + secret}};
};

TEST_F(supabase_note, an_inserted_row_becomes_a_notification) {
  const auto made = deliver(recorded("supabase-insert.json"), headers_);
  const auto job = job_of(made);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "notes:0d2b5f8e-6a55-4c6b-9a27-0f6f0f9f6b11");
  EXPECT_EQ(job->message.link, "https://notes.example/n/0d2b5f8e-6a55-4c6b-9a27-0f6f0f9f6b11");
  EXPECT_THAT(job->message.data,
              ElementsAre(Pair("kind", "note"), Pair("note_id", "0d2b5f8e-6a55-4c6b-9a27-0f6f0f9f6b11"),
                          Pair("author", "42")));
  EXPECT_EQ(job->collapse_key, "workspace-w-17");
  ASSERT_EQ(job->recipients.size(), 2u);
  EXPECT_EQ(job->recipients[0].target, "workspace-w-17");
  // The note's title holds {{coffee}}: it travels as a variable, and comes out as it was written.
  EXPECT_EQ(job->message.title, "{{literal.0}}");
  EXPECT_EQ(job->variable(job->recipients[1], "literal.0"), "Groceries: \"oat\" milk & {{coffee}}");
  EXPECT_EQ(job->message.body, "");
}

TEST_F(supabase_note, other_changes_are_filtered) {
  auto update = recorded("supabase-insert.json");
  update.replace(update.find("INSERT"), 6, "UPDATE");
  EXPECT_TRUE(std::holds_alternative<webhook_filtered>(deliver(update, headers_)));
  auto other = recorded("supabase-insert.json");
  other.replace(other.find("\"notes\""), 7, "\"tags\"");
  EXPECT_TRUE(std::holds_alternative<webhook_filtered>(deliver(other, headers_)));
}

class github_issue : public webhook_example {
 protected:
  void SetUp() override {
    source_settings settings;
    settings.name = "github";
    settings.verify = "hmac-sha256-hex";
    settings.signature_header = "X-Hub-Signature-256";
    settings.signature_prefix = "sha256=";
    use(settings, "github-issue.json");
  }
  static std::vector<std::pair<std::string, std::string>> headers(const std::string& body,
                                                                  const std::string& event = "issues") {
    return {{"user-agent", "GitHub-Hookshot/044aadd"},
            {"x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
            {"x-github-event", event},
            {"x-hub-signature-256", "sha256=" + to_hex(hmac_sha256(secret, {body}))}};
  }
};

TEST_F(github_issue, an_opened_issue_goes_to_its_assignees) {
  const auto body = recorded("github-issues-opened.json");
  const auto job = job_of(deliver(body, headers(body)));
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "github:72d3162e-cc78-11e3-81ab-4c9367dc0958");
  EXPECT_EQ(job->message.title, "octo-org/octo-repo #1347 opened");
  EXPECT_EQ(job->message.body, "Spelling error in the README file");
  EXPECT_EQ(job->priority, device_priority::high);
  ASSERT_EQ(job->recipients.size(), 2u);
  EXPECT_EQ(job->recipients[0].id, "hubot");
  EXPECT_EQ(job->recipients[1].target, "github-1");
}

TEST_F(github_issue, other_events_are_filtered_and_forged_ones_refused) {
  const auto body = recorded("github-issues-opened.json");
  EXPECT_TRUE(std::holds_alternative<webhook_filtered>(deliver(body, headers(body, "ping"))));
  const auto forged = deliver(body + ' ', headers(body));
  ASSERT_TRUE(std::holds_alternative<webhook_problem>(forged));
  EXPECT_EQ(std::get<webhook_problem>(forged).status, 401);
}

}  // namespace
}  // namespace dispatch::test
