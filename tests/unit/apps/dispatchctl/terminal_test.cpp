#include "apps/dispatchctl/terminal.hpp"

#include <gtest/gtest.h>

namespace dispatch::ctl {
namespace {

TEST(table, cells_steer_no_terminal) {
  table rows{{"id", "reason"}};
  rows.add({"a\x1b]0;title\x07",
            "b\xc2\x9b"
            "2J\xff\u202e"});
  EXPECT_EQ(rows.text({}), "id           reason\na?]0;title?  b?2J??\n");
}

TEST(terminal, paints_with_its_own_escapes_alone) {
  terminal colours;
  colours.colour = true;
  EXPECT_EQ(colours.paint("do\x1b[31mne", tint::good), "\x1b[32mdo?[31mne\x1b[0m");
  EXPECT_EQ(colours.paint("\x9b", tint::plain), "?");
  EXPECT_EQ(terminal{}.paint("done\x7f", tint::good), "done?");
}

}  // namespace
}  // namespace dispatch::ctl
