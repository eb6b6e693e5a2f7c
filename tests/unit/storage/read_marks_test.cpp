#include "storage/redis/read_marks.hpp"

#include <gtest/gtest.h>

namespace dispatch::redis {
namespace {

TEST(read_marks, an_answered_read_is_followed_by_new_entries) {
  read_marks marks;
  EXPECT_EQ(marks.begin("s"), "");
  marks.answered("s", "5-0", true);
  EXPECT_EQ(marks.begin("s"), "");
}

TEST(read_marks, a_lost_read_is_repeated_from_the_last_id_seen_until_nothing_more_is_found) {
  read_marks marks;
  marks.begin("s");
  marks.answered("s", "5-0", true);
  marks.begin("s");  // never answered
  EXPECT_EQ(marks.begin("s"), "5-0");
  marks.answered("s", "9-1", false);
  EXPECT_EQ(marks.begin("s"), "9-1");
  marks.answered("s", "", true);
  EXPECT_EQ(marks.begin("s"), "");
}

TEST(read_marks, the_first_read_of_all_can_be_lost_too) {
  read_marks marks;
  marks.begin("s");
  EXPECT_EQ(marks.begin("s"), "0-0");
}

TEST(read_marks, streams_do_not_mix_and_ids_are_compared_as_numbers) {
  read_marks marks;
  marks.begin("a");
  marks.begin("b");
  marks.answered("b", "10-0", true);
  marks.claimed("b", "9-5");
  EXPECT_EQ(marks.begin("b"), "");
  EXPECT_EQ(marks.begin("b"), "10-0");
  EXPECT_EQ(marks.begin("a"), "0-0");
}

TEST(read_marks, entries_taken_over_are_not_repeated) {
  read_marks marks;
  marks.claimed("s", "7-0");
  marks.begin("s");
  EXPECT_EQ(marks.begin("s"), "7-0");
}

TEST(read_marks, entries_taken_over_while_a_read_is_lost_are_told_from_the_lost_ones) {
  read_marks marks;
  marks.begin("s");
  marks.answered("s", "5-0", true);
  marks.begin("s");  // lost
  marks.claimed("s", "3-0");
  marks.claimed("s", "9-0");
  EXPECT_EQ(marks.begin("s"), "5-0") << "what was lost may be older than what was taken over";
  EXPECT_FALSE(marks.was_claimed("s", "6-0"));
  EXPECT_TRUE(marks.was_claimed("s", "9-0"));
  marks.answered("s", "6-0", true);
  marks.begin("s");
  EXPECT_EQ(marks.begin("s"), "9-0") << "and is not found by a later repetition";
  EXPECT_FALSE(marks.was_claimed("s", "9-0"));
}

}  // namespace
}  // namespace dispatch::redis
