#include "apps/dispatchctl/dead.hpp"

#include <gtest/gtest.h>

namespace dispatch::ctl {
namespace {

using namespace std::chrono_literals;

TEST(dead_choice, is_entries_or_a_filter_or_all) {
  dead_choice choice;
  EXPECT_NE(wrong_with(choice), "") << "nothing chosen must not mean everything";
  choice.all = true;
  EXPECT_EQ(wrong_with(choice), "");
  choice.reason = "poison";
  EXPECT_NE(wrong_with(choice), "");
  choice.all = false;
  choice.tenant = "t";
  EXPECT_EQ(wrong_with(choice), "");
  choice.entries = {"1-0"};
  EXPECT_NE(wrong_with(choice), "");
  choice.tenant = choice.reason = "";
  EXPECT_EQ(wrong_with(choice), "");
  choice.entries.push_back("-");
  EXPECT_NE(wrong_with(choice), "");
}

TEST(redrive_pace, keeps_the_rate_and_does_not_catch_up) {
  const redrive_pace::time_point start{1h};
  redrive_pace pace(1'000);
  EXPECT_LE(pace.next(), start);
  pace.sent(128, start);
  EXPECT_EQ(pace.next(), start + 128ms);
  pace.sent(0, start + 128ms);
  EXPECT_EQ(pace.next(), start + 128ms) << "what was refused costs nothing";
  pace.sent(2, start + 128ms);
  EXPECT_EQ(pace.next(), start + 130ms);
  pace.sent(1, start + 10s);
  EXPECT_EQ(pace.next(), start + 10'001ms);
  redrive_pace free(0);
  free.sent(1'000'000, start);
  EXPECT_LE(free.next(), start);
}

}  // namespace
}  // namespace dispatch::ctl
