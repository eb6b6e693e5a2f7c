#include "apps/sandbox/ledger.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

namespace dispatch::sandbox {
namespace {

constexpr std::size_t max_field = 1024;

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_field(std::string& out, std::string_view text) {
  out.push_back('\t');
  if (text.empty()) text = "-";
  text = text.substr(0, max_field);
  const auto start = out.size();
  out.append(text);
  for (auto i = start; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    if (c < 0x20 || c == 0x7f) out[i] = '_';
  }
}

void append_milliseconds(std::string& out, std::int64_t unix_us) {
  append_number(out, unix_us / 1000);
  const auto rest = static_cast<int>(unix_us % 1000);
  const char decimals[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
  out.append(decimals, sizeof decimals);
}

}  // namespace

void append_ledger_line(std::string& out, const ledger_line& line) {
  append_milliseconds(out, line.unix_us);
  out.push_back('\t');
  out.append(name_of(line.who));
  out.push_back('\t');
  append_number(out, line.status);
  append_field(out, line.dedupe);
  append_field(out, line.target);
  out.push_back('\t');
  append_number(out, line.connection);
  out.push_back('\t');
  append_number(out, line.stream);
  append_field(out, line.reason);
  append_field(out, line.authorization_hash);
  out.push_back('\n');
}

std::string_view ledger_header() {
  return "# unix_ms\tprovider\tstatus\tdedupe\ttoken\tconnection\tstream\treason\tauthorization_sha256_8\n";
}

ledger_file::ledger_file(const std::filesystem::path& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open " + path.string());
  struct stat about {};
  if (::fstat(fd_, &about) == 0 && about.st_size == 0) write(ledger_header());
}

ledger_file::~ledger_file() {
  ::close(fd_);
}

void ledger_file::write(std::string_view lines) {
  while (!lines.empty()) {
    const auto written = ::write(fd_, lines.data(), lines.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "cannot write the ledger");
    }
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

void ledger_buffer::add(const ledger_line& line) {
  append_ledger_line(lines_, line);
  if (lines_.size() >= flush_at) flush();
}

void ledger_buffer::flush() {
  if (lines_.empty()) return;
  file_.write(lines_);
  lines_.clear();
}

}  // namespace dispatch::sandbox
