#include "api/ingest/job_intake.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

const std::string rest =
    R"("message":{"title":"T"},"recipients":[{"platform":"android","token":"a"},{"platform":"ios","token":"b"}]})";

class job_intake_test : public ::testing::Test {
 protected:
  job_submission good(const std::string& document, const std::string& tenant = "acme") {
    auto read = intake_.read(document, tenant, tenants_);
    EXPECT_TRUE(std::holds_alternative<job_submission>(read)) << document;
    return std::get<job_submission>(std::move(read));
  }
  intake_problem bad(const std::string& document, const std::string& tenant = "acme") {
    auto read = intake_.read(document, tenant, tenants_);
    EXPECT_TRUE(std::holds_alternative<intake_problem>(read)) << document;
    return std::get<intake_problem>(std::move(read));
  }

  const std::vector<tenant_settings> tenants_{{"narrow", {"mail", "notes"}}};
  id_source ids_;
  job_intake intake_{ids_};
  job_parser parser_;
};

TEST_F(job_intake_test, an_id_given_beside_is_for_documents_without_one) {
  EXPECT_EQ(std::get<job_submission>(intake_.read("{" + rest, "acme", {}, "push:7")).id, "push:7");
  EXPECT_EQ(std::get<job_submission>(intake_.read("{\"id\":\"x\"," + rest, "acme", {}, "push:7")).id, "x");
}

TEST_F(job_intake_test, the_engine_reads_the_same_job_with_tenant_and_id) {
  for (const std::string start :
       {"{", " \n{ ", "{\"id\":\"x\",", "{\"tenant\":\"acme\",", "{\"id\":\"x\",\"tenant\":\"acme\","}) {
    const auto submitted = good(start + rest);
    EXPECT_EQ(submitted.total, 2u);
    auto parsed = parser_.parse(submitted.document);
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<job>>(parsed)) << submitted.document;
    const auto& job = *std::get<std::unique_ptr<dispatch::job>>(parsed);
    EXPECT_EQ(job.tenant, "acme");
    EXPECT_EQ(job.id, submitted.id);
    EXPECT_EQ(job.id == "x", start.find("\"id\"") != std::string::npos);
  }
}

TEST_F(job_intake_test, the_same_document_with_an_id_stays_the_same_text) {
  EXPECT_EQ(good("{\"id\":\"x\"," + rest).document, good("{\"id\":\"x\"," + rest).document);
  EXPECT_NE(good("{" + rest).id, good("{" + rest).id);
}

TEST_F(job_intake_test, another_tenant_is_forbidden_and_default_is_one) {
  for (const std::string tenant : {"other", "default"}) {
    const auto problem = bad("{\"tenant\":\"" + tenant + "\"," + rest);
    EXPECT_EQ(problem.status, 403);
    EXPECT_EQ(problem.pointer, "/tenant");
  }
  EXPECT_EQ(good("{" + rest, "default").tenant, "default");
}

TEST_F(job_intake_test, an_app_that_is_not_the_tenants_is_forbidden) {
  EXPECT_EQ(good("{\"app\":\"notes\"," + rest, "narrow").tenant, "narrow");
  for (const std::string start : {"{", "{\"app\":\"other\","}) {
    const auto problem = bad(start + rest, "narrow");
    EXPECT_EQ(problem.status, 403);
    EXPECT_EQ(problem.pointer, "/app");
    EXPECT_EQ(good(start + rest, "acme").tenant, "acme") << "is not listed, and so may use all";
  }
}

TEST_F(job_intake_test, what_the_parser_refuses_keeps_its_place) {
  EXPECT_EQ(bad(R"({"message":{"title":"T"},"recipients":[{"platform":"tv","token":"a"}]})").pointer,
            "/recipients/0/platform");
  EXPECT_EQ(bad("nonsense").status, 422);
}

TEST_F(job_intake_test, an_audience_is_read_line_by_line_all_or_nothing) {
  const std::string line = R"({"platform":"android","token":"a"})";
  const auto lines =
      std::get<std::vector<std::string>>(intake_.read_audience(line + "\r\n\n" + line + "  \n"));
  EXPECT_EQ(lines, (std::vector<std::string>{line, line}));
  const auto problem =
      std::get<intake_problem>(intake_.read_audience(line + "\n" + R"({"platform":"tv","token":"a"})"));
  EXPECT_EQ(problem.pointer, "/platform");
  EXPECT_TRUE(problem.detail.starts_with("line 2: ")) << problem.detail;
  EXPECT_TRUE(std::holds_alternative<intake_problem>(intake_.read_audience("\n\n")));
}

TEST_F(job_intake_test, types_of_the_engines_own_webhooks_are_refused_however_they_are_written) {
  const auto with = [](const std::string& webhook) {
    return "{\"overrides\":{\"webhook\":" + webhook + "}," + rest;
  };
  for (const auto* webhook :
       {R"({"type":"job.completed"})", R"({"type":"job.outcomes"})", R"({"data":{},"type":"job.completed"})",
        R"({"\u0074ype":"job\u002ecompleted"})", R"({"type" : "job.completed" })"}) {
    const auto problem = bad(with(webhook));
    EXPECT_EQ(problem.status, 422) << webhook;
    EXPECT_EQ(problem.pointer, "/overrides/webhook/type");
  }
  for (const auto* webhook :
       {R"({"type":"job.completed2"})", R"({"data":{"type":"job.completed"}})", R"({"type":null})"})
    good(with(webhook));
}

}  // namespace
}  // namespace dispatch
