#include "apps/sandbox/fault_token.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch::sandbox {
namespace {

struct row {
  std::string_view token;
  token_fault expected;
};

void PrintTo(const row& shown, std::ostream* out) {
  *out << shown.token;
}

class fault_prefix : public testing::TestWithParam<row> {};

TEST_P(fault_prefix, is_read_from_the_token) {
  EXPECT_EQ(parse_token_fault(GetParam().token), GetParam().expected);
}

using kind = token_fault_kind;

INSTANTIATE_TEST_SUITE_P(
    good_ones, fault_prefix,
    testing::Values(row{"dead-1", {.kind = kind::dead}}, row{"dead-", {.kind = kind::dead}},
                    row{"flaky503-3-x", {.kind = kind::flaky_503, .number = 3}},
                    row{"flaky503-0-", {.kind = kind::flaky_503, .number = 0}},
                    row{"flaky429-12-abc", {.kind = kind::flaky_429, .number = 12}},
                    row{"slow-250-u1", {.kind = kind::slow, .number = 250}},
                    row{"slow-99999999-u1", {.kind = kind::slow, .number = 600'000}},
                    row{"hang-x", {.kind = kind::hang}}, row{"reset-x", {.kind = kind::reset}},
                    row{"resetN-2-x", {.kind = kind::reset_first, .number = 2}},
                    row{"html500-x", {.kind = kind::html_500}},
                    row{"fail-400-BadTopic-x", {.kind = kind::fail, .status = 400, .reason = "BadTopic"}},
                    row{"fail-403-SENDER_ID_MISMATCH-x",
                        {.kind = kind::fail, .status = 403, .reason = "SENDER_ID_MISMATCH"}},
                    row{"fail-500--x", {.kind = kind::fail, .status = 500}},
                    row{"fail-503-UNAVAILABLE", {.kind = kind::fail, .status = 503, .reason = "UNAVAILABLE"}},
                    row{"notatoken", {.kind = kind::not_a_token}},
                    row{"notatoken-77", {.kind = kind::not_a_token}}));

INSTANTIATE_TEST_SUITE_P(no_faults, fault_prefix,
                         testing::Values(row{"", {}}, row{"good", {}}, row{"xdead-1", {}},
                                         row{"deadbeef", {}}, row{"flaky503-x", {}}, row{"flaky503-", {}},
                                         row{"flaky503-3", {}}, row{"flaky503--3-x", {}},
                                         row{"flaky503-99999999999-x", {}}, row{"slow-abc-x", {}},
                                         row{"hang", {}}, row{"resetN-x", {}}, row{"fail-200-OK-x", {}},
                                         row{"fail-600-X-x", {}}, row{"fail-x", {}},
                                         row{"fail-400-bad\"quote-x", {}}));

}  // namespace
}  // namespace dispatch::sandbox
