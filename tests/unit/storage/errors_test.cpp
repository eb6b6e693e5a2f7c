#include "storage/redis/errors.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch::redis {
namespace {

struct row {
  const char* error;  // as Redis 7 sends it
  reaction what;
};

class error_row : public testing::TestWithParam<row> {};

TEST_P(error_row, has_a_reaction) {
  const std::string error = GetParam().error;
  EXPECT_EQ(react_to(error), GetParam().what);
  EXPECT_EQ(react_to("ERR Error running script (call to f_0a1b): @user_script:12: " + error), GetParam().what)
      << "as Redis 6 wraps it";
}

INSTANTIATE_TEST_SUITE_P(
    rows, error_row,
    testing::Values(row{"FENCED another process took over", reaction::fence},
                    row{"NOSCRIPT No matching script. Please use EVAL.", reaction::load_script},
                    row{"NOGROUP No such key 'x' or consumer group 'dispatchers'", reaction::make_groups},
                    row{"UNBLOCKED client unblocked via CLIENT UNBLOCK", reaction::end_wait},
                    row{"READONLY You can't write against a read only replica.", reaction::reconnect},
                    row{"NOAUTH Authentication required.", reaction::reconnect},
                    row{"WRONGPASS invalid username-password pair", reaction::reconnect},
                    row{"MOVED 3999 127.0.0.1:6381", reaction::follow},
                    row{"ASK 3999 127.0.0.1:6381", reaction::back_off},
                    row{"TRYAGAIN Multiple keys request during rehashing of slot", reaction::back_off},
                    row{"CLUSTERDOWN The cluster is down", reaction::back_off},
                    row{"MISCONF Redis is configured to save RDB snapshots", reaction::back_off},
                    row{"OOM command not allowed when used memory > 'maxmemory'.", reaction::back_off},
                    row{"LOADING Redis is loading the dataset in memory", reaction::back_off},
                    row{"MASTERDOWN Link with MASTER is down", reaction::back_off},
                    row{"NOREPLICAS Not enough good replicas to write.", reaction::back_off},
                    row{"BUSY Redis is busy running a script.", reaction::back_off},
                    row{"UNKILLABLE Sorry the script already executed write commands", reaction::back_off},
                    row{"WRONGTYPE Operation against a key holding the wrong kind of value",
                        reaction::refuse},
                    row{"NOPERM this user has no permissions", reaction::refuse},
                    row{"SCHEMA the namespace has version 2", reaction::refuse},
                    row{"CROSSSLOT Keys in request don't hash to the same slot", reaction::refuse},
                    row{"BUSYGROUP Consumer Group name already exists", reaction::refuse},
                    row{"EXECABORT Transaction discarded", reaction::refuse},
                    row{"ERR unknown command", reaction::refuse}, row{"SOMETHING else", reaction::refuse}));

TEST(error_table, every_row_has_a_test) {
  EXPECT_EQ(error_rules().size(), 25U) << "a new row wants one above";
  EXPECT_EQ(react_to(""), reaction::refuse);
  EXPECT_EQ(react_to("ERR Error running script"), reaction::refuse);
}

TEST(error_table, finds_where_a_slot_moved_to) {
  EXPECT_EQ(moved_to("MOVED 3999 127.0.0.1:6381"), "127.0.0.1:6381");
  EXPECT_EQ(moved_to("MOVED 3999 :6381"), ":6381");
  EXPECT_EQ(moved_to("MOVED 3999"), "");
  EXPECT_EQ(moved_to("MOVED 3999 nowhere"), "");
}

}  // namespace
}  // namespace dispatch::redis
