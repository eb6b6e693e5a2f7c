// The guard against a model that counts in whole numbers instead of comparing prefixes.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <utility>

#include "core/policy/address_guard.hpp"
#include "seed.hpp"

namespace dispatch {
namespace {

using test::dice;

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// First and last of what must not be connected to.
constexpr std::pair<std::uint32_t, std::uint32_t> special[] = {
    {v4(0, 0, 0, 0), v4(0, 255, 255, 255)},       {v4(10, 0, 0, 0), v4(10, 255, 255, 255)},
    {v4(100, 64, 0, 0), v4(100, 127, 255, 255)},  {v4(127, 0, 0, 0), v4(127, 255, 255, 255)},
    {v4(169, 254, 0, 0), v4(169, 254, 255, 255)}, {v4(172, 16, 0, 0), v4(172, 31, 255, 255)},
    {v4(192, 0, 0, 0), v4(192, 0, 0, 255)},       {v4(192, 0, 2, 0), v4(192, 0, 2, 255)},
    {v4(192, 88, 99, 0), v4(192, 88, 99, 255)},   {v4(192, 168, 0, 0), v4(192, 168, 255, 255)},
    {v4(198, 18, 0, 0), v4(198, 19, 255, 255)},   {v4(198, 51, 100, 0), v4(198, 51, 100, 255)},
    {v4(203, 0, 113, 0), v4(203, 0, 113, 255)},   {v4(224, 0, 0, 0), v4(255, 255, 255, 255)},
};

bool is_special(std::uint32_t address) {
  for (const auto& [first, last] : special)
    if (address >= first && address <= last) return true;
  return false;
}

std::array<std::uint8_t, 4> bytes_of(std::uint32_t address) {
  return {static_cast<std::uint8_t>(address >> 24), static_cast<std::uint8_t>(address >> 16),
          static_cast<std::uint8_t>(address >> 8), static_cast<std::uint8_t>(address)};
}

/// Anywhere, or within a few of a border.
std::uint32_t draw_v4(dice& random) {
  auto address = static_cast<std::uint32_t>(random.bits());
  if (random.one_in(2)) return address;
  const auto& range = special[static_cast<std::size_t>(random.between(0, std::size(special) - 1))];
  address = random.one_in(2) ? range.first : range.second;
  return address + static_cast<std::uint32_t>(random.between(-2, 2));
}

TEST(address_guard_property, v4_agrees_with_ranges_of_numbers_however_it_is_written) {
  dice random{71};
  const address_guard guard;
  for (int i = 0; i < 50'000; ++i) {
    const auto number = draw_v4(random);
    const auto bytes = bytes_of(number);
    const auto plain = ip_address::of_v4(bytes);
    ASSERT_EQ(guard.refusal(plain).empty(), !is_special(number)) << plain.to_string();
    ASSERT_EQ(ip_address::parse("::ffff:" + plain.to_string()), plain);
    const auto through_nat64 = ip_address::parse("64:ff9b::" + plain.to_string()).value();
    ASSERT_EQ(guard.refusal(through_nat64), guard.refusal(plain)) << plain.to_string();
  }
}

TEST(address_guard_property, v6_outside_global_unicast_is_refused) {
  dice random{72};
  const address_guard guard;
  for (int i = 0; i < 50'000; ++i) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
    if (bytes[0] >> 5 == 1) bytes[0] = static_cast<std::uint8_t>(bytes[0] ^ 0xe0);
    const auto address = ip_address::of_v6(bytes);
    ASSERT_FALSE(guard.refusal(address).empty()) << address.to_string();
  }
}

TEST(address_guard_property, what_is_allowed_is_permitted_and_nothing_else_changes) {
  dice random{73};
  const address_guard strict;
  for (int i = 0; i < 2'000; ++i) {
    const auto bits = static_cast<unsigned>(random.between(1, 32));
    const auto mask = bits == 32 ? ~std::uint32_t{0} : ~(~std::uint32_t{0} >> bits);
    const auto base = draw_v4(random) & mask;
    const auto network =
        ip_network::parse(ip_address::of_v4(bytes_of(base)).to_string() + "/" + std::to_string(bits));
    ASSERT_TRUE(network);
    const address_guard guard({*network});
    for (int j = 0; j < 20; ++j) {
      const auto number = draw_v4(random);
      const auto address = ip_address::of_v4(bytes_of(number));
      const auto expected = (number & mask) == base ? std::string_view() : strict.refusal(address);
      ASSERT_EQ(guard.refusal(address), expected) << address.to_string();
    }
  }
}

}  // namespace
}  // namespace dispatch
