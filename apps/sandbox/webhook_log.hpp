#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "apps/sandbox/exchange.hpp"

namespace dispatch::sandbox {

// What receivers of webhooks have taken (good signature, no fault), one JSON object a line:
// {"unix_ms", "name", "webhook_id", "body"}. The line is written before the answer goes out. Any thread.
class webhook_log {
 public:
  webhook_log() = default;
  ~webhook_log();
  webhook_log(const webhook_log&) = delete;
  webhook_log& operator=(const webhook_log&) = delete;

  // Before the threads start; without it nothing is kept. Throws when the file cannot be opened.
  void open(const std::filesystem::path& path);
  // Throws when the disk refuses.
  void write(const request& taken, std::string_view name, std::int64_t unix_ms);

 private:
  int fd_ = -1;
};

}  // namespace dispatch::sandbox
