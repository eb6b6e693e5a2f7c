#include "core/tenant_apps.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

const std::vector<tenant_settings> tenants{
    {"acme", {"default", "mail"}}, {"beta", {"notes"}}, {"posted", {}, "https://posted.example/in"}};

TEST(may_use_app, lets_a_listed_tenant_use_its_apps_only) {
  EXPECT_TRUE(may_use_app(tenants, "acme", "default"));
  EXPECT_TRUE(may_use_app(tenants, "acme", "mail"));
  EXPECT_FALSE(may_use_app(tenants, "acme", "notes"));
  EXPECT_TRUE(may_use_app(tenants, "beta", "notes"));
  EXPECT_FALSE(may_use_app(tenants, "beta", "default"));
}

TEST(may_use_app, lets_a_tenant_that_lists_none_use_all) {
  EXPECT_TRUE(may_use_app(tenants, "posted", "default"));
}

TEST(results_receiver, is_a_tenant_with_a_url) {
  ASSERT_NE(results_receiver(tenants, "posted"), nullptr);
  EXPECT_EQ(results_receiver(tenants, "posted")->results_url, "https://posted.example/in");
  for (const auto* tenant : {"acme", "poste", "zeta", ""})
    EXPECT_EQ(results_receiver(tenants, tenant), nullptr);
  EXPECT_EQ(results_receiver({}, "posted"), nullptr);
  EXPECT_TRUE(posts_results(tenants));
  EXPECT_FALSE(posts_results({{"acme", {"default"}}}));
}

TEST(may_use_app, lets_everybody_else_use_all) {
  for (const auto* tenant : {"a", "acm", "acmee", "zeta", "default", ""})
    EXPECT_TRUE(may_use_app(tenants, tenant, "notes")) << tenant;
  EXPECT_TRUE(may_use_app({}, "acme", "notes"));
}

}  // namespace
}  // namespace dispatch
