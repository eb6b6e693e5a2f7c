#include "core/tenant_apps.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

const std::vector<tenant_settings> tenants{
    {"acme", {"default", "mail"}}, {"beta", {"notes"}}, {"closed", {}}};

TEST(may_use_app, lets_a_listed_tenant_use_its_apps_only) {
  EXPECT_TRUE(may_use_app(tenants, "acme", "default"));
  EXPECT_TRUE(may_use_app(tenants, "acme", "mail"));
  EXPECT_FALSE(may_use_app(tenants, "acme", "notes"));
  EXPECT_TRUE(may_use_app(tenants, "beta", "notes"));
  EXPECT_FALSE(may_use_app(tenants, "beta", "default"));
  EXPECT_FALSE(may_use_app(tenants, "closed", "default"));
}

TEST(may_use_app, lets_everybody_else_use_all) {
  for (const auto* tenant : {"a", "acm", "acmee", "zeta", "default", ""})
    EXPECT_TRUE(may_use_app(tenants, tenant, "notes")) << tenant;
  EXPECT_TRUE(may_use_app({}, "acme", "notes"));
}

}  // namespace
}  // namespace dispatch
