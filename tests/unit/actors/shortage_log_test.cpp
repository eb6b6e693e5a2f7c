#include "actors/shortage_log.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(shortage_log, counts_each_and_begins_anew_when_it_was_over) {
  shortage_log log;
  const shortage_log::time_point start{1h};
  log.note("descriptors", start);
  log.note("descriptors", start + 1s);
  log.note("patience", start);
  EXPECT_EQ(log.count(shortage::descriptors), 2u);
  EXPECT_EQ(log.count(shortage::memory), 0u);
  log.look(start + 5s);
  log.look(start + 12s);
  log.note("descriptors", start + 13s);
  EXPECT_EQ(log.count(shortage::descriptors), 3u);
}

}  // namespace
}  // namespace dispatch
