#include "sandbox_process.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/json/parse.hpp>

namespace dispatch::testing {

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

sandbox_process::sandbox_process() {
  char name[] = "/tmp/dispatch-providers-XXXXXX";
  if (!mkdtemp(name)) throw std::runtime_error("no temporary directory");
  directory_ = name;
  std::string program = DISPATCH_SANDBOX, flag = "--dir", value = directory_.string();
  char* arguments[] = {program.data(), flag.data(), value.data(), nullptr};
  if (posix_spawn(&pid_, program.c_str(), nullptr, nullptr, arguments, environ) != 0)
    throw std::runtime_error("dispatch-sandbox does not start");
  const auto file = directory_ / "endpoints.json";
  // The file appears by rename when all ports listen.
  for (int i = 0; i < 2000 && !std::filesystem::exists(file); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  endpoints_ = boost::json::parse(read_file(file)).as_object();
}

sandbox_process::~sandbox_process() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string sandbox_process::text(std::string_view section, std::string_view name) const {
  return std::string(endpoints_.at(section).as_object().at(name).as_string());
}

}  // namespace dispatch::testing
