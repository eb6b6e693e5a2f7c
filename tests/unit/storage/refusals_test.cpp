#include "storage/redis/refusals.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace dispatch::redis {
namespace {

TEST(setup_errors, are_those_an_operator_must_mend) {
  for (const auto* error :
       {"NOPERM this user has no permissions to run the 'xack' command",
        "NOPERM No permissions to access a key",
        "ERR The user executing the script can't run this command or subcommand script: f_1, on "
        "@user_script:1.",
        "ERR ACL failure in script: User x has no permissions to run the 'time' command",
        "ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -NOPERM no",
        "CROSSSLOT Keys in request don't hash to the same slot",
        "ERR Script attempted to access a non local key in a cluster node", "ERR unknown command 'EVALSHA'",
        "ERR Unknown Redis command called from script"})
    EXPECT_TRUE(is_setup_error(error)) << error;
  for (const auto* error : {"", "WRONGTYPE Operation against a key", "OOM command not allowed", "LOADING",
                            "NOSCRIPT No matching script", "FENCED", "ERR syntax error"})
    EXPECT_FALSE(is_setup_error(error)) << error;
}

TEST(refusals, are_told_once_per_change) {
  std::vector<std::pair<std::string, std::string>> told;
  refusals noted;
  noted.on_change(
      [&](const std::string& what, const std::string& detail) { told.emplace_back(what, detail); });
  noted.note("read", "");
  noted.note("write", "WRONGTYPE x");
  EXPECT_TRUE(told.empty());
  for (int i = 0; i < 3; ++i) noted.note("read", "NOPERM a");
  noted.note("write", "");
  noted.note("read", "NOPERM b");
  noted.note("read", "LOADING");
  for (int i = 0; i < 3; ++i) noted.note("read", "");
  EXPECT_EQ(told, (decltype(told){{"read", "NOPERM a"}, {"read", "NOPERM b"}, {"read", ""}}));
}

TEST(refusals, end_with_the_rights_though_they_are_not_asked_again) {
  std::vector<std::string> ended;
  refusals noted;
  noted.on_change([&](const std::string& what, const std::string& detail) {
    if (detail.empty()) ended.push_back(what);
  });
  noted.note("suppress", "NOPERM a");
  noted.note("accept", "CROSSSLOT b");
  noted.note("write", "ERR ACL failure in script: c");
  noted.rights_are_there();
  EXPECT_EQ(ended, (std::vector<std::string>{"suppress", "write"}));
  noted.rights_are_there();
  EXPECT_EQ(ended.size(), 2u);
}

}  // namespace
}  // namespace dispatch::redis
