#pragma once

// dispatch-sandbox as a child process in a directory of its own.

#include <sys/types.h>

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>

namespace dispatch::testing {

class sandbox_process {
 public:
  /// Starts it and waits until it listens; throws when it does not.
  sandbox_process();
  ~sandbox_process();
  sandbox_process(const sandbox_process&) = delete;
  sandbox_process& operator=(const sandbox_process&) = delete;

  /// endpoints.json, see apps/sandbox/README.md.
  const boost::json::object& endpoints() const noexcept { return endpoints_; }
  std::string text(std::string_view section, std::string_view name) const;

 private:
  std::filesystem::path directory_;
  pid_t pid_ = -1;
  boost::json::object endpoints_;
};

std::string read_file(const std::filesystem::path& file);

}  // namespace dispatch::testing
