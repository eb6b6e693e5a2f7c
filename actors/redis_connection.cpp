#include "actors/redis_connection.hpp"

#include <fstream>

namespace dispatch {
namespace {

std::string first_line(const std::string& path) {
  std::string line;
  if (!path.empty()) {
    std::ifstream in(path);
    std::getline(in, line);
  }
  return line;
}

}  // namespace

redis_options redis_options_of(const settings& config) {
  redis_options options;
  options.url = config.redis.url;
  options.ca_file = config.redis.ca_file;
  options.password = first_line(config.redis.password_file);
  options.name_space = config.redis.name_space;
  options.command_timeout = config.redis.command_timeout;
  options.results_max_length = config.results.max_length;
  options.outbox_length = config.results.outbox_length;
  return options;
}

}  // namespace dispatch
