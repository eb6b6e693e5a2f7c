#pragma once

// Single values: from TOML or an environment variable into a C++ value, and back into TOML. Readers return
// what is wrong ("expects …"), or an empty string. Inner header of config.

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dispatch::config {

/// A value as it came. From the environment everything is text, whatever its key expects.
struct raw_value {
  using list = std::vector<std::string>;
  std::variant<bool, std::int64_t, double, std::string, list> data;
  bool from_environment = false;
};

std::string read_integer(const raw_value& raw, std::int64_t least, std::int64_t most, std::int64_t& out);
std::string read_number(const raw_value& raw, double least, double most, double& out);
/// "500ms" "5s" "10m" "24h", or an integer of milliseconds.
std::string read_duration(const raw_value& raw, std::chrono::milliseconds least,
                          std::chrono::milliseconds most, std::chrono::milliseconds& out);
/// "64KiB" "32MiB" "1GiB", or an integer of bytes.
std::string read_size(const raw_value& raw, std::int64_t least, std::int64_t most, std::uint64_t& out);
/// No control characters, at most 4 KiB.
std::string read_text(const raw_value& raw, std::string& out);
/// An array of strings; in the environment separated by commas.
std::string read_list(const raw_value& raw, std::vector<std::string>& out);

std::string print_duration(std::chrono::milliseconds value);
std::string print_size(std::uint64_t value);
std::string print_number(double value);
std::string print_text(std::string_view value);
std::string print_list(const std::vector<std::string>& values);

/// The URL with what stands for a password replaced, and so its query; unchanged when there is neither.
std::string redact_url(std::string_view url);
bool holds_password(std::string_view url);

}  // namespace dispatch::config
