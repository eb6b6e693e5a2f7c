#include "apps/dispatchctl/load_plan.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "core/job/job_parser.hpp"

namespace dispatch::ctl {
namespace {

load_options with_faults() {
  load_options out;
  out.jobs = 200;
  out.recipients = 100;
  out.dead = 0.05;
  out.flaky_503 = 0.03;
  out.flaky_429 = 0.02;
  out.with_id = true;
  out.seed = 42;
  return out;
}

/// Without the member's name and quotes.
std::string token_of(const planned_recipient& who) {
  const std::string before = "\"token\":\"";
  EXPECT_TRUE(who.target.starts_with(before)) << who.target;
  return who.target.substr(before.size(), who.target.size() - before.size() - 1);
}

TEST(load_plan, makes_the_same_jobs_from_the_same_seed) {
  load_plan one{with_faults()};
  load_plan two{with_faults()};
  auto other_options = with_faults();
  other_options.seed = 43;
  load_plan other{other_options};
  for (std::uint64_t job : {0u, 7u, 199u}) {
    EXPECT_EQ(one.document(job), two.document(job));
    EXPECT_NE(one.document(job), other.document(job));
  }
}

TEST(load_plan, makes_documents_the_engine_accepts) {
  for (auto with_id : {false, true}) {
    for (std::uint32_t tenants : {1u, 3u}) {
      auto options = with_faults();
      options.with_id = with_id;
      options.tenants = tenants;
      options.body_bytes = 0;
      load_plan plan{options};
      auto parsed = job_parser{}.parse(plan.document(5));
      auto* job = std::get_if<std::unique_ptr<dispatch::job>>(&parsed);
      ASSERT_NE(job, nullptr) << std::get<job_error>(parsed).pointer << std::get<job_error>(parsed).message;
      EXPECT_EQ((*job)->recipients.size(), 100u);
      EXPECT_EQ((*job)->tenant, plan.tenant(5));
      EXPECT_EQ((*job)->id, plan.id(5));
      EXPECT_EQ(token_of(plan.recipient(5, 3)), (*job)->recipients[3].target);
    }
  }
}

TEST(load_plan, names_no_token_twice) {
  load_plan plan{with_faults()};
  std::set<std::string> tokens;
  for (std::uint64_t job = 0; job < 200; ++job) {
    for (std::uint32_t i = 0; i < 100; ++i) tokens.insert(plan.recipient(job, i).target);
  }
  EXPECT_EQ(tokens.size(), 20'000u);
}

TEST(load_plan, keeps_the_shares_asked_for) {
  load_plan plan{with_faults()};
  std::map<token_fate, int> fates;
  std::map<platform, int> platforms;
  for (std::uint64_t job = 0; job < 200; ++job) {
    for (std::uint32_t i = 0; i < 100; ++i) {
      auto who = plan.recipient(job, i);
      ++fates[who.fate];
      ++platforms[who.platform];
    }
  }
  // 20,000 draws: five standard deviations are at most 350.
  EXPECT_NEAR(fates[token_fate::dead], 1'000, 200);
  EXPECT_NEAR(fates[token_fate::flaky_503], 600, 200);
  EXPECT_NEAR(fates[token_fate::flaky_429], 400, 200);
  EXPECT_NEAR(platforms[platform::android], 12'000, 350);
  EXPECT_NEAR(platforms[platform::ios], 6'000, 350);
  EXPECT_NEAR(platforms[platform::web], 2'000, 350);
}

TEST(load_plan, marks_tokens_for_the_sandbox) {
  load_plan plan{with_faults()};
  for (std::uint64_t job = 0; job < 20; ++job) {
    for (std::uint32_t i = 0; i < 100; ++i) {
      auto who = plan.recipient(job, i);
      EXPECT_EQ(token_of(who).starts_with("dead-"), who.fate == token_fate::dead);
      EXPECT_EQ(token_of(who).starts_with("flaky503-1-"), who.fate == token_fate::flaky_503);
      EXPECT_EQ(token_of(who).starts_with("flaky429-1-"), who.fate == token_fate::flaky_429);
    }
  }
}

TEST(load_plan, sends_to_mailboxes_receivers_and_browsers) {
  auto options = with_faults();
  options.platforms = *parse_platform_mix("web,email,webhook");
  options.targets.mail_domain = "mail.example";
  options.targets.webhook_url = "https://127.0.0.1:1/webhook/";
  const std::string browser = R"({"endpoint":"https://push.example/a","keys":{"p256dh":"B","auth":"A"}})";
  options.targets.subscriptions = {browser};
  load_plan plan{options};
  EXPECT_TRUE(std::holds_alternative<std::unique_ptr<dispatch::job>>(job_parser{}.parse(plan.document(3))));
  std::map<std::pair<platform, token_fate>, std::string> starts{
      {{platform::email, token_fate::good}, R"("address":")"},
      {{platform::email, token_fate::dead}, R"("address":"fail-550-5.1.1+)"},
      {{platform::email, token_fate::flaky_503}, R"("address":"flaky-1-450-4.2.1+)"},
      {{platform::email, token_fate::flaky_429}, R"("address":"flaky-1-450-4.2.1+)"},
      {{platform::webhook, token_fate::good}, R"("url":"https://127.0.0.1:1/webhook/)"},
      {{platform::webhook, token_fate::dead}, R"("url":"https://127.0.0.1:1/webhook/dead-)"},
      {{platform::webhook, token_fate::flaky_503}, R"("url":"https://127.0.0.1:1/webhook/flaky503-1-)"},
      {{platform::webhook, token_fate::flaky_429}, R"("url":"https://127.0.0.1:1/webhook/flaky503-1-)"},
      {{platform::web, token_fate::good}, R"("subscription":)" + browser}};
  auto met = starts;
  for (std::uint64_t job = 0; job < 20; ++job) {
    for (std::uint32_t i = 0; i < 100; ++i) {
      const auto who = plan.recipient(job, i);
      const auto found = starts.find({who.platform, who.fate});
      ASSERT_NE(found, starts.end()) << who.target;
      EXPECT_TRUE(who.target.starts_with(found->second)) << who.target;
      met.erase(found->first);
    }
  }
  EXPECT_TRUE(met.empty());
}

TEST(load_plan, spreads_jobs_over_tenants_in_turn) {
  load_options options;
  options.tenants = 3;
  load_plan plan{options};
  EXPECT_EQ(plan.tenant(0), "load-1");
  EXPECT_EQ(plan.tenant(2), "load-3");
  EXPECT_EQ(plan.tenant(3), "load-1");
  EXPECT_EQ(load_plan{load_options{}}.tenant(0), "default");
}

TEST(load_plan, gives_ids_only_when_asked) {
  load_options options;
  options.seed = 9;
  EXPECT_EQ(load_plan{options}.id(4), "");
  options.with_id = true;
  EXPECT_EQ(load_plan{options}.id(4), "load-9-4");
  options.id_prefix = "demo";
  EXPECT_EQ(load_plan{options}.id(4), "demo-4");
}

TEST(load_options, says_what_cannot_be_used) {
  EXPECT_EQ(load_options{}.validate(), "");
  auto refused = [](auto change) {
    load_options options;
    change(options);
    return !options.validate().empty();
  };
  EXPECT_TRUE(refused([](auto& o) { o.jobs = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.recipients = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.recipients = 10'001; }));
  EXPECT_TRUE(refused([](auto& o) { o.tenants = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.dead = -0.1; }));
  EXPECT_TRUE(refused([](auto& o) { o.dead = 0.6, o.flaky_503 = 0.6; }));
  EXPECT_TRUE(refused([](auto& o) { o.tenant = "a", o.tenants = 2; }));
  EXPECT_TRUE(refused([](auto& o) { o.platforms.weights[index_of(platform::email)] = 1; }));
  EXPECT_TRUE(refused([](auto& o) { o.platforms.weights[index_of(platform::webhook)] = 1; }));
}

TEST(parse_platform_mix, reads_weights) {
  auto mix = parse_platform_mix("android:6,ios:3,web:1");
  ASSERT_TRUE(mix);
  EXPECT_EQ(mix->weights, (std::array<std::uint32_t, platform_count>{6, 3, 1, 0, 0}));
  EXPECT_EQ(parse_platform_mix("ios")->weights, (std::array<std::uint32_t, platform_count>{0, 1, 0, 0, 0}));
}

TEST(parse_platform_mix, refuses_what_it_cannot_send) {
  for (auto text : {"", "android:0", "android:x", "android:-1", "tv:1", "android:1,,ios:1"}) {
    EXPECT_FALSE(parse_platform_mix(text)) << text;
  }
}

}  // namespace
}  // namespace dispatch::ctl
