// What operators say of tokens: accept or discard those withheld, forget suppressed ones.

#include <gmock/gmock.h>

#include "core/token_fingerprint.hpp"
#include "tests/integration/storage/operator/fixture.hpp"

namespace dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class operator_tokens : public operator_fixture {
 protected:
  static constexpr const char* scope = "fcm:default";

  static std::string mark_of(const std::string& token) {
    return "suppressed:" + token_fingerprint::of(scope, token).text();
  }
  std::int64_t now() {
    const auto time = say({"TIME"});
    return time.at(0).as_integer() * 1'000 + time.at(1).as_integer() / 1'000;
  }
  void withhold(const std::string& token, std::int64_t until) {
    say({"XADD", key("withheld:fcm:default"), "*", "tenant", "t", "platform", "android", "token", token,
         "reason", "unregistered", "job", "j", "at", "5", "mark", token_fingerprint::of(scope, token).text(),
         "until", std::to_string(until)});
  }
  void hold(const std::string& state = "forced_open", const std::string& reason = "mass_invalid") {
    say({"HSET", key("breaker:fcm:default"), "state", state, "reason", reason, "version", "4"});
  }
};

TEST_F(operator_tokens, accepted_ones_are_told_and_suppressed_and_the_scope_goes_on) {
  hold();
  withhold("a", now() + 3'600'000);
  withhold("b", 0);
  const auto said = actions_.decide(scope, token_decision::accept);
  EXPECT_EQ(said.tokens, 2u);
  EXPECT_TRUE(said.released);
  const fields event{{"event", "invalid"},
                     {"tenant", "t"},
                     {"platform", "android"},
                     {"token", "a"},
                     {"reason", "unregistered"},
                     {"job", "j"},
                     {"at", "5"}};
  ASSERT_EQ(stream("tokens").size(), 2u);
  EXPECT_EQ(stream("tokens")[0], event);
  EXPECT_NEAR(double(pttl(mark_of("a"))), 3'600'000.0, 10'000.0);
  EXPECT_NEAR(double(pttl("suppressed")), 3'600'000.0, 10'000.0);
  EXPECT_FALSE(exists(mark_of("b")));
  EXPECT_FALSE(exists("withheld:fcm:default"));
  EXPECT_EQ(hash("breaker:fcm:default")["state"], "closed");
  EXPECT_EQ(hash("breaker:fcm:default")["version"], "5");
  EXPECT_THAT(
      events(),
      ElementsAre(fields{{"kind", "hygiene"}, {"scope", scope}, {"decision", "accept"}},
                  fields{{"kind", "breaker"}, {"scope", scope}, {"state", "closed"}, {"version", "5"}}));
}

TEST_F(operator_tokens, discarded_ones_are_gone_and_nobody_is_told) {
  hold();
  withhold("a", now() + 3'600'000);
  const auto said = actions_.decide(scope, token_decision::discard);
  EXPECT_EQ(said.tokens, 1u);
  EXPECT_TRUE(said.released);
  EXPECT_THAT(stream("tokens"), IsEmpty());
  EXPECT_FALSE(exists(mark_of("a")));
  EXPECT_FALSE(exists("suppressed"));
  EXPECT_FALSE(exists("withheld:fcm:default"));
  EXPECT_EQ(events()[0]["decision"], "discard");
}

TEST_F(operator_tokens, a_thousand_go_in_steps_and_are_told_once_each) {
  hold();
  for (int i = 0; i < 1'000; ++i) withhold("t" + std::to_string(i), now() + 60'000);
  const auto said = actions_.decide(scope, token_decision::accept);
  EXPECT_EQ(said.tokens, 1'000u);
  EXPECT_TRUE(said.released);
  EXPECT_EQ(stream("tokens").size(), 1'000u);
  EXPECT_EQ(events().size(), 2u) << "with the last step only";
}

TEST_F(operator_tokens, a_breaker_forced_for_another_reason_stays_as_it_is) {
  hold("forced_open", "maintenance");
  withhold("a", 0);
  const auto said = actions_.decide(scope, token_decision::accept);
  EXPECT_EQ(said.tokens, 1u);
  EXPECT_FALSE(said.released);
  EXPECT_EQ(hash("breaker:fcm:default")["reason"], "maintenance");
}

TEST_F(operator_tokens, a_held_scope_without_tokens_is_released_and_one_with_neither_is_left_alone) {
  EXPECT_FALSE(actions_.decide(scope, token_decision::discard).released);
  EXPECT_THAT(events(), IsEmpty());
  hold();
  EXPECT_TRUE(actions_.decide(scope, token_decision::discard).released);
  EXPECT_EQ(hash("breaker:fcm:default")["state"], "closed");
}

TEST_F(operator_tokens, a_spoiled_key_changes_nothing) {
  hold();
  withhold("a", 0);
  say({"SET", key("tokens"), "x"});
  EXPECT_THROW(actions_.decide(scope, token_decision::accept), operator_error);
  EXPECT_EQ(stream("withheld:fcm:default").size(), 1u);
  EXPECT_EQ(hash("breaker:fcm:default")["state"], "forced_open");
}

TEST_F(operator_tokens, suppressed_ones_are_forgotten_and_every_process_hears_of_it) {
  for (const std::string token : {"a", "b", "c"}) say({"SET", key(mark_of(token)), "1"});
  const std::vector<std::string> some{"a", "c", "never"};
  EXPECT_EQ(actions_.forget_tokens(scope, some), 2u);
  EXPECT_FALSE(exists(mark_of("a")));
  EXPECT_TRUE(exists(mark_of("b")));
  EXPECT_THAT(events(), ElementsAre(fields{{"kind", "forget"}}));
  EXPECT_EQ(actions_.forget_tokens(scope, {}), 0u);
}

TEST_F(operator_tokens, enabled_endpoints_are_forgotten_and_not_listed_any_more) {
  std::vector<std::string> names;
  for (const std::string url : {"https://a.example/x", "https://b.example/y", "https://c.example/z"}) {
    const auto name = token_fingerprint::of("webhook:default:https://a.example", url).text();
    say({"SET", key("suppressed:" + name), "1"});
    say({"HSET", key("endpoints"), name, "{}"});
    names.push_back(name);
  }
  EXPECT_EQ(actions_.enable_endpoints(std::span(names).first(2)), 2u);
  EXPECT_FALSE(exists("suppressed:" + names[0]));
  EXPECT_TRUE(exists("suppressed:" + names[2]));
  EXPECT_EQ(hash("endpoints"), (fields{{names[2], "{}"}}));
  EXPECT_THAT(events(), ElementsAre(fields{{"kind", "forget"}}));
  EXPECT_EQ(actions_.enable_endpoints(std::span(names).first(1)), 0u) << "it was not disabled";
  EXPECT_THROW(actions_.enable_endpoints(std::vector<std::string>{"https://a.example/x"}),
               std::invalid_argument);
}

TEST_F(operator_tokens, a_scope_that_is_none_is_refused) {
  EXPECT_THROW(actions_.decide("fmc:default", token_decision::accept), std::invalid_argument);
  EXPECT_THROW(actions_.forget_tokens("", std::vector<std::string>{"a"}), std::invalid_argument);
}

}  // namespace
}  // namespace dispatch
