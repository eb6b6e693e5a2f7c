#include "apps/dispatchd/event_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(event_queue, what_is_asked_twice_is_done_once) {
  event_queue events;
  const auto now = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'000; ++i) events.push(service_event::reload);
  EXPECT_EQ(events.pop_until(now), service_event::reload);
  EXPECT_EQ(events.pop_until(now), std::nullopt);
}

TEST(event_queue, the_end_comes_before_everything_else) {
  event_queue events;
  const auto now = std::chrono::steady_clock::now();
  for (auto what :
       {service_event::alive, service_event::readiness, service_event::terminate, service_event::ended})
    events.push(what);
  EXPECT_EQ(events.pop_until(now), service_event::ended);
  EXPECT_EQ(events.pop_until(now), service_event::terminate);
  EXPECT_EQ(events.pop_until(now), service_event::readiness);
  EXPECT_EQ(events.pop_until(now), service_event::alive);
}

TEST(event_queue, wakes_who_waits) {
  event_queue events;
  std::thread other([&] { events.push(service_event::terminate); });
  EXPECT_EQ(events.pop_until(std::chrono::steady_clock::time_point::max()), service_event::terminate);
  other.join();
}

}  // namespace
}  // namespace dispatch
