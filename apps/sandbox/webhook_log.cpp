#include "apps/sandbox/webhook_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <system_error>

namespace dispatch::sandbox {

namespace json = boost::json;

webhook_log::~webhook_log() {
  if (fd_ >= 0) ::close(fd_);
}

void webhook_log::open(const std::filesystem::path& path) {
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open " + path.string());
}

void webhook_log::write(const request& taken, std::string_view name, std::int64_t unix_ms) {
  if (fd_ < 0) return;
  // judge_webhook() has parsed the body.
  const json::object line{{"unix_ms", unix_ms},
                          {"name", name},
                          {"webhook_id", taken.webhook_id},
                          {"body", json::parse(taken.body)}};
  const auto text = json::serialize(line) + "\n";
  // One write(2), which O_APPEND keeps whole between threads.
  if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::system_error(errno, std::generic_category(), "cannot write the log of webhooks");
}

}  // namespace dispatch::sandbox
