#include "actors/redis_connection.hpp"

#include "actors/read_file.hpp"

namespace dispatch {

redis_options redis_options_of(const settings& config) {
  redis_options options;
  options.url = config.redis.url;
  options.ca_file = config.redis.ca_file;
  options.password = first_line(read_file(config.redis.password_file).value_or(""));
  options.name_space = config.redis.name_space;
  options.command_timeout = config.redis.command_timeout;
  options.results_max_length = config.results.max_length;
  options.outbox_length = config.results.outbox_length;
  return options;
}

}  // namespace dispatch
