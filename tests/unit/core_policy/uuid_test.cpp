#include "core/policy/uuid.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr random_bits all_ones{~std::uint64_t{0}, ~std::uint64_t{0}};
constexpr random_bits zeros{0, 0};

TEST(uuid, version_4_sets_version_and_variant_only) {
  EXPECT_EQ(uuid::v4(all_ones).text(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(uuid::v4(zeros).text(), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(uuid::v4({0x0123456789abcdef, 0x1123456789abcdef}).text(),
            "01234567-89ab-4def-9123-456789abcdef");
}

TEST(uuid, version_7_carries_the_time_of_the_rfcs_example) {
  // RFC 9562, appendix A.6: 2022-02-22T19:22:22Z
  uuid_v7_generator generate;
  EXPECT_EQ(generate.next(1'645'557'742'000ms, {0x4c3, 0x18c4dc0c0c07398f}).text(),
            "017f22e2-79b0-74c3-98c4-dc0c0c07398f");
}

TEST(uuid, version_7_counts_within_a_millisecond) {
  uuid_v7_generator generate;
  EXPECT_EQ(generate.next(1ms, zeros).text(), "00000000-0001-7000-8000-000000000000");
  EXPECT_EQ(generate.next(1ms, all_ones).text(), "00000000-0001-7001-bfff-ffffffffffff");
  EXPECT_EQ(generate.next(1ms, zeros).text(), "00000000-0001-7002-8000-000000000000");
  EXPECT_EQ(generate.next(2ms, zeros).text(), "00000000-0002-7000-8000-000000000000");
}

TEST(uuid, version_7_runs_ahead_when_its_counter_is_full) {
  uuid_v7_generator generate;
  for (int i = 0; i < 4096; ++i) generate.next(1ms, zeros);
  EXPECT_EQ(generate.next(1ms, zeros).text(), "00000000-0002-7000-8000-000000000000");
  EXPECT_EQ(generate.next(2ms, zeros).text(), "00000000-0002-7001-8000-000000000000");
}

TEST(uuid, version_7_leaves_room_to_count) {
  uuid_v7_generator generate;
  EXPECT_EQ(generate.next(1ms, all_ones).text(), "00000000-0001-77ff-bfff-ffffffffffff");
}

TEST(uuid, version_7_survives_a_clock_that_steps_back) {
  uuid_v7_generator generate;
  const auto first = generate.next(1000ms, zeros);
  const auto second = generate.next(1ms, zeros);
  const auto third = generate.next(-5ms, zeros);
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

}  // namespace
}  // namespace dispatch
