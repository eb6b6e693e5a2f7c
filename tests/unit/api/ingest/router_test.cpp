#include "api/ingest/router.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

TEST(router, finds_operations_with_the_name_in_their_path) {
  const auto job = find_route("GET", "/v1/jobs/a:b.c-d?x=1");
  ASSERT_TRUE(job.found);
  EXPECT_EQ(job.found->what, operation::job_status);
  EXPECT_EQ(job.name, "a:b.c-d");
  EXPECT_EQ(job.pattern, "/v1/jobs/{id}");
  const auto pause = find_route("POST", "/v1/jobs/a/pause");
  ASSERT_TRUE(pause.found);
  EXPECT_EQ(pause.found->what, operation::pause_job);
  EXPECT_EQ(pause.name, "a");
  EXPECT_EQ(find_route("HEAD", "/healthz").found->what, operation::health);
}

TEST(router, a_path_for_other_methods_says_which) {
  const auto match = find_route("PUT", "/v1/jobs/a");
  EXPECT_FALSE(match.found);
  EXPECT_EQ(match.allow, "GET, HEAD, DELETE");
  EXPECT_EQ(match.pattern, "/v1/jobs/{id}");
  EXPECT_EQ(find_route("GET", "/v1/jobs").allow, "POST");
}

TEST(router, no_other_way_of_writing_a_path_leads_anywhere) {
  for (const auto* path :
       {"", "/", "/v1/jobs/", "/v1/jobs//pause", "/v1/jobs/a/b/pause", "//v1/jobs", "/V1/jobs",
        "/v1/jobs/./a", "/v1/jobs/../jobs", "/v1/%6aobs", "/v1/jobs#a", "/openapi.json/", "*",
        "/v1/audiences", "/v1/webhooks/", "/metrics", "/v1/jobs;x=y", "/v1/jobs/a/pause/"}) {
    for (const auto* method : {"GET", "POST", "DELETE"}) {
      const auto match = find_route(method, path);
      EXPECT_FALSE(match.found) << method << ' ' << path;
      EXPECT_TRUE(match.allow.empty()) << path;
      EXPECT_EQ(match.pattern, "other");
    }
  }
}

}  // namespace
}  // namespace dispatch
