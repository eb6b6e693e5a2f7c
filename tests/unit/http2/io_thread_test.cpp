#include "transport/io_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <array>
#include <stdexcept>
#include <thread>
#include <vector>

namespace dispatch {
namespace {

TEST(io_thread, tasks_run_in_the_order_they_were_posted) {
  io_thread thread("test");
  std::vector<int> seen;
  for (int i = 0; i < 1'000; ++i) thread.post([&seen, i] { seen.push_back(i); });
  thread.run([] {});
  ASSERT_EQ(seen.size(), 1'000U);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(io_thread, run_waits_and_passes_exceptions_on) {
  io_thread thread("test");
  int done = 0;
  thread.run([&] { done = 1; });
  EXPECT_EQ(done, 1);
  EXPECT_THROW(thread.run([] { throw std::runtime_error("x"); }), std::runtime_error);
  thread.run([&] { done = 2; });
  EXPECT_EQ(done, 2);
}

TEST(io_thread, name_is_cut_to_what_the_system_takes) {
  io_thread thread("a-name-much-too-long-for-linux");
  std::array<char, 32> name{};
  thread.run([&] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  EXPECT_STREQ(name.data(), "a-name-much-too");
}

TEST(io_thread, leaves_signals_to_others) {
  io_thread thread("test");
  sigset_t mask{};
  thread.run([&] { pthread_sigmask(SIG_SETMASK, nullptr, &mask); });
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1})
    EXPECT_EQ(sigismember(&mask, number), 1);
  EXPECT_EQ(sigismember(&mask, SIGSEGV), 0);
  sigset_t ours{};
  pthread_sigmask(SIG_SETMASK, nullptr, &ours);
  EXPECT_EQ(sigismember(&ours, SIGTERM), 0);
}

TEST(io_thread, after_stop_tasks_are_dropped_and_run_does_not_hang) {
  io_thread thread("test");
  thread.stop();
  bool ran = false;
  thread.post([&] { ran = true; });
  EXPECT_THROW(thread.run([&] { ran = true; }), std::runtime_error);
  thread.stop();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace dispatch
