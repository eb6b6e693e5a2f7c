#include "actors/redis_connection.hpp"

#include <variant>

#include "storage/redis/address.hpp"
#include "storage/redis/socket.hpp"
#include "transport/files/regular_file.hpp"

namespace dispatch {
namespace {

std::string password_in(const std::string& file) {
  const auto read = read_file(file, max_key_file_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read))
    throw redis_setting_error("redis.password_file", wrong->message);
  auto password = first_line(std::get<std::string>(read));
  if (password.empty())
    throw redis_setting_error("redis.password_file", file + " holds no password on its first line");
  return password;
}

void check_ca_file(const std::string& file) {
  if (auto wrong = why_unreadable(file); !wrong.empty()) throw redis_setting_error("redis.ca_file", wrong);
  try {
    redis::check_trusted_certificates(file);
  } catch (const std::invalid_argument& wrong) {
    throw redis_setting_error("redis.ca_file", wrong.what());
  }
}

}  // namespace

redis_options redis_options_of(const settings& config) {
  redis_options options;
  options.url = config.redis.url;
  try {
    redis::parse_address(options.url);
  } catch (const std::invalid_argument& wrong) {
    throw redis_setting_error("redis.url", wrong.what());
  }
  options.ca_file = config.redis.ca_file;
  if (!options.ca_file.empty()) check_ca_file(options.ca_file);
  if (!config.redis.password_file.empty()) options.password = password_in(config.redis.password_file);
  options.name_space = config.redis.name_space;
  options.command_timeout = config.redis.command_timeout;
  options.results_max_length = config.results.max_length;
  options.outbox_length = config.results.outbox_length;
  return options;
}

}  // namespace dispatch
