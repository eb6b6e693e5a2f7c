#include "transport/files/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace dispatch {
namespace {

class opened_file {
 public:
  /// Not blocking: opening a FIFO would wait for its other end.
  opened_file(const std::string& path, int flags)
      : handle_(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~opened_file() {
    if (handle_ >= 0) ::close(handle_);
  }
  opened_file(const opened_file&) = delete;
  opened_file& operator=(const opened_file&) = delete;

  int handle() const noexcept { return handle_; }
  bool good() const noexcept { return handle_ >= 0; }
  bool is_regular() const noexcept {
    struct stat status {};
    return ::fstat(handle_, &status) == 0 && S_ISREG(status.st_mode);
  }

 private:
  int handle_;
};

std::string cannot(const char* what, const std::string& path) {
  return std::string("cannot ") + what + ' ' + path + ": " + std::strerror(errno);
}

std::string why_not_regular(const opened_file& file, const std::string& path) {
  if (!file.good()) {
    // A socket cannot be opened at all.
    return errno == ENXIO ? path + " is not a regular file" : cannot("read", path);
  }
  return file.is_regular() ? std::string() : path + " is not a regular file";
}

}  // namespace

std::variant<std::string, file_problem> read_file(const std::string& path, std::size_t max_bytes) {
  const opened_file file(path, O_RDONLY);
  if (auto wrong = why_not_regular(file, path); !wrong.empty()) return file_problem{std::move(wrong)};
  std::string text(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.handle(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_problem{cannot("read", path)};
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) return file_problem{path + " is larger than " + std::to_string(max_bytes) + " bytes"};
  text.resize(size);
  return text;
}

std::string why_unreadable(const std::string& path) {
  return why_not_regular(opened_file(path, O_RDONLY), path);
}

std::string why_unwritable(const std::string& path) {
  if (opened_file(path, O_WRONLY | O_APPEND).good()) return {};
  if (errno != ENOENT) return cannot("write", path);
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  // As the effective user, who will write it.
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
  return cannot("write", path);
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find_first_of("\r\n")));
}

}  // namespace dispatch
