#include "apps/dispatchd/config/value.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dispatch::config {
namespace {

using namespace std::chrono_literals;

std::chrono::milliseconds duration_of(const raw_value& raw) {
  std::chrono::milliseconds out{-1};
  read_duration(raw, 0ms, 24h, out);
  return out;
}

TEST(config_value, reads_durations_in_every_unit) {
  EXPECT_EQ(duration_of({std::string("500ms")}), 500ms);
  EXPECT_EQ(duration_of({std::string("5s")}), 5s);
  EXPECT_EQ(duration_of({std::string("10m")}), 10min);
  EXPECT_EQ(duration_of({std::string("24h")}), 24h);
  EXPECT_EQ(duration_of({std::int64_t{1'500}}), 1'500ms);
  EXPECT_EQ(duration_of({std::string("1500"), true}), 1'500ms);
}

TEST(config_value, refuses_what_is_no_duration) {
  for (const auto* text : {"", "s", "5", "5 s", "-5s", "+5s", "1.5s", "5sec", "5S", "9999999999999999999s",
                           "9223372036854775807h", "25h"})
    EXPECT_EQ(duration_of({std::string(text)}), -1ms) << text;
  EXPECT_EQ(duration_of({1.5}), -1ms);
  EXPECT_EQ(duration_of({std::int64_t{-1}}), -1ms);
  EXPECT_EQ(duration_of({true}), -1ms);
}

TEST(config_value, a_number_in_quotes_is_no_integer_in_a_file_but_is_one_in_the_environment) {
  std::int64_t out = 0;
  EXPECT_EQ(read_integer({std::string("4")}, 1, 16, out), "expects an integer");
  EXPECT_EQ(read_integer({std::string("4"), true}, 1, 16, out), "");
  EXPECT_EQ(out, 4);
  EXPECT_EQ(read_integer({std::string("4x"), true}, 1, 16, out), "expects an integer");
  EXPECT_EQ(read_integer({4.0}, 1, 16, out), "expects an integer");
  EXPECT_EQ(read_integer({std::int64_t{17}}, 1, 16, out), "must be between 1 and 16");
  EXPECT_EQ(out, 4);
}

TEST(config_value, numbers_are_finite_and_within_their_range) {
  double out = 0;
  EXPECT_EQ(read_number({0.25}, 0, 1, out), "");
  EXPECT_EQ(out, 0.25);
  EXPECT_EQ(read_number({std::int64_t{1}}, 0, 1, out), "");
  EXPECT_EQ(read_number({std::string("0.5"), true}, 0, 1, out), "");
  EXPECT_EQ(out, 0.5);
  EXPECT_NE(read_number({std::numeric_limits<double>::quiet_NaN()}, 0, 1, out), "");
  EXPECT_NE(read_number({std::numeric_limits<double>::infinity()}, 0, 1e7, out), "");
  EXPECT_NE(read_number({1.1}, 0, 1, out), "");
  EXPECT_NE(read_number({std::string("0.5")}, 0, 1, out), "");
}

TEST(config_value, reads_and_prints_sizes) {
  std::uint64_t out = 0;
  EXPECT_EQ(read_size({std::string("32MiB")}, 0, 1ll << 40, out), "");
  EXPECT_EQ(out, 32u << 20);
  EXPECT_EQ(read_size({std::string("3GiB")}, 0, 1ll << 40, out), "");
  EXPECT_EQ(print_size(out), "\"3GiB\"");
  EXPECT_EQ(read_size({std::int64_t{1'000}}, 0, 1ll << 40, out), "");
  EXPECT_EQ(print_size(out), "\"1000B\"");
  EXPECT_NE(read_size({std::string("32MB")}, 0, 1ll << 40, out), "");
}

TEST(config_value, prints_durations_in_the_largest_whole_unit) {
  EXPECT_EQ(print_duration(1'500ms), "\"1500ms\"");
  EXPECT_EQ(print_duration(90s), "\"90s\"");
  EXPECT_EQ(print_duration(5min), "\"5m\"");
  EXPECT_EQ(print_duration(24h), "\"24h\"");
  EXPECT_EQ(print_duration(0ms), "0");
}

TEST(config_value, a_list_in_the_environment_is_separated_by_commas) {
  std::vector<std::string> out;
  EXPECT_EQ(read_list({std::string(" 10.0.0.0/8 ,,::1"), true}, out), "");
  EXPECT_EQ(out, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
  EXPECT_NE(read_list({std::string("10.0.0.0/8")}, out), "");
  EXPECT_EQ(read_list({std::string(), true}, out), "");
  EXPECT_TRUE(out.empty());
}

TEST(config_value, text_holds_no_control_characters) {
  std::string out;
  EXPECT_NE(read_text({std::string("a\nb")}, out), "");
  EXPECT_NE(read_text({std::string(5'000, 'a')}, out), "");
  EXPECT_EQ(read_text({std::string("größe")}, out), "");
}

TEST(config_value, a_list_holds_no_control_characters) {
  std::vector<std::string> out;
  EXPECT_NE(read_list({raw_value::list{"X-A: b\r\nSet-Cookie: c"}}, out), "");
  EXPECT_NE(read_list({std::string("a,b\x1b"), true}, out), "");
  EXPECT_EQ(read_list({raw_value::list{"größe"}}, out), "");
}

TEST(config_value, what_steers_a_terminal_is_printed_as_toml_escapes) {
  EXPECT_EQ(print_text("a\"b\\c größe"), "\"a\\\"b\\\\c größe\"");
  EXPECT_EQ(print_text("\xc2\x9b"
                       "31m\xe2\x80\xae"),
            "\"\\u009B31m\\u202E\"");
}

TEST(config_value, a_password_in_a_url_is_redacted_however_odd_the_url) {
  EXPECT_EQ(redact_url("redis://127.0.0.1:6379"), "redis://127.0.0.1:6379");
  EXPECT_EQ(redact_url("redis://:geheim@host:1/0"), "redis://:***@host:1/0");
  EXPECT_EQ(redact_url("rediss://user:ge:h@eim@host"), "rediss://user:***@host");
  EXPECT_EQ(redact_url("redis://user:ge/heim@host"), "redis://user:***@host");
  EXPECT_EQ(redact_url("redis://user@host:6379"), "redis://user@host:6379");
  EXPECT_EQ(redact_url("redis://user%3Ageheim@host"), "redis://***@host");
  EXPECT_EQ(redact_url("redis://us%65r:geheim@host"), "redis://***@host");
  EXPECT_EQ(redact_url("unix://:geheim@/run/r.sock"), "unix://:***@/run/r.sock");
  EXPECT_EQ(redact_url("unix:///run/a:b@c.sock"), "unix:///run/a:b@c.sock") << "a path";
  EXPECT_EQ(redact_url("unix:///run/r.sock?password=geheim"), "unix:///run/r.sock?***");
  EXPECT_EQ(redact_url("redis://host/0#geheim"), "redis://host/0#***");
  EXPECT_TRUE(holds_password("redis://:x@h"));
  EXPECT_FALSE(holds_password("redis://h:6379"));
}

}  // namespace
}  // namespace dispatch::config
