#include "transport/name_lookup.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace dispatch {
namespace {

TEST(name_lookup, answers_everyone_who_asks_for_one_name_at_once) {
  constexpr int asking = 50;
  std::atomic<int> answered{0};
  std::promise<void> all;
  const auto lookup = make_system_lookup({.threads = 2, .max_waiting = 64});
  for (int i = 0; i < asking; ++i) {
    lookup->look_up("127.0.0.1", [&](const name_found& found) {
      EXPECT_EQ(found.addresses.size(), 1u) << found.error;
      if (++answered == asking) all.set_value();
    });
  }
  all.get_future().wait();
}

TEST(name_lookup, answers_the_same_name_again_later) {
  const auto lookup = make_system_lookup({.threads = 1, .max_waiting = 1});
  for (int i = 0; i < 3; ++i) {
    std::promise<std::size_t> found;
    lookup->look_up("127.0.0.1", [&](const name_found& what) { found.set_value(what.addresses.size()); });
    EXPECT_EQ(found.get_future().get(), 1u);
  }
}

}  // namespace
}  // namespace dispatch
