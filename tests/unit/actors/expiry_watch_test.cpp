#include "actors/intake/expiry_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const expiry_watch::list one{0, lane::normal}, other{1, lane::bulk};
constexpr expiry_watch::time_point start{};

TEST(expiry_watch, a_list_is_looked_through_at_the_first_end_in_it) {
  expiry_watch watch;
  watch.noted(one, 2'000ms);
  watch.noted(one, 1'000ms);
  watch.noted(one, 3'000ms);
  EXPECT_THAT(watch.due(999ms, start), IsEmpty());
  EXPECT_THAT(watch.due(1'000ms, start), ElementsAre(one));
  watch.begin(one, 1'000ms, start);
  EXPECT_TRUE(watch.is_looking(one));
  EXPECT_FALSE(watch.is_looking(other));
  EXPECT_THAT(watch.due(1'000ms, start), IsEmpty());
}

TEST(expiry_watch, a_look_ends_with_the_list_or_at_what_it_has_put_back_itself) {
  expiry_watch watch;
  for (const auto& each : {one, other}) {
    watch.doubted(each);
    watch.begin(each, 1'000ms, start);
  }
  watch.was_read(one, false, 999ms, start);
  EXPECT_TRUE(watch.is_looking(one));
  watch.noted(one, 5'000ms);
  watch.was_read(one, false, 1'000ms, start);
  EXPECT_FALSE(watch.is_looking(one));
  watch.was_read(other, true, 0ms, start);
  EXPECT_FALSE(watch.is_looking(other));
  EXPECT_THAT(watch.due(4'999ms, start + 1h), IsEmpty());
  EXPECT_THAT(watch.due(5'000ms, start + 1h), ElementsAre(one));
}

TEST(expiry_watch, looks_are_apart_by_a_second_and_by_twenty_times_what_they_take) {
  expiry_watch watch;
  watch.noted(one, 1ms);
  watch.begin(one, 1'000ms, start);
  watch.noted(one, 1ms);
  watch.was_read(one, true, 0ms, start + 10ms);
  EXPECT_THAT(watch.due(2'000ms, start + 1'009ms), IsEmpty());
  EXPECT_THAT(watch.due(2'000ms, start + 1'010ms), ElementsAre(one));
  watch.begin(one, 2'000ms, start + 2s);
  watch.noted(one, 1ms);
  watch.was_read(one, true, 0ms, start + 3s);
  EXPECT_THAT(watch.due(9'000ms, start + 22s), IsEmpty());
  EXPECT_THAT(watch.due(9'000ms, start + 23s), ElementsAre(one));
}

TEST(expiry_watch, a_look_that_comes_to_no_end_is_given_up_and_begun_again_later) {
  expiry_watch watch;
  watch.doubted(one);
  watch.begin(one, 1'000ms, start);
  EXPECT_THAT(watch.due(1'000ms, start + 6s), IsEmpty());
  EXPECT_FALSE(watch.is_looking(one));
  EXPECT_THAT(watch.due(1'000ms, start + 6s + 120s), ElementsAre(one));
}

}  // namespace
}  // namespace dispatch
