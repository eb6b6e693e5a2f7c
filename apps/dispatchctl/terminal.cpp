#include "apps/dispatchctl/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/printable.hpp"

namespace dispatch::ctl {
namespace {

constexpr auto redraw_every = std::chrono::milliseconds{100};
constexpr auto line_every = std::chrono::seconds{10};

std::string_view escape_of(tint how) {
  switch (how) {
    case tint::plain:
      return "";
    case tint::good:
      return "\x1b[32m";
    case tint::warning:
      return "\x1b[33m";
    case tint::bad:
      return "\x1b[31m";
    case tint::faint:
      return "\x1b[2m";
  }
  return "";
}

bool is_number(std::string_view cell) {
  if (cell.empty() || cell.front() < '0' || cell.front() > '9') return false;
  return cell.find_first_not_of("0123456789,. %") == std::string_view::npos;
}

// Columns, not bytes: continuation bytes of UTF-8 take none.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

terminal terminal::of(std::FILE* stream) {
  terminal out;
  auto fd = ::fileno(stream);
  out.tty = ::isatty(fd) == 1;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  out.colour = out.tty && (no_colour == nullptr || *no_colour == '\0') &&
               (kind == nullptr || std::strcmp(kind, "dumb") != 0);
  winsize size{};
  if (out.tty && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) out.columns = size.ws_col;
  return out;
}

std::string terminal::paint(std::string_view text, tint how) const {
  if (!colour || how == tint::plain) return printable(text);
  return std::string{escape_of(how)}.append(printable(text)).append("\x1b[0m");
}

progress_display::progress_display(bool quiet) : where_(terminal::of(stderr)), quiet_(quiet) {}

void progress_display::show(const progress_bar& bar, progress_bar::time_point now) {
  if (quiet_ || now < next_) return;
  if (where_.tty) {
    next_ = now + redraw_every;
    // One column less: a line that fills the last one wraps on some terminals.
    std::fprintf(stderr, "\r%s\x1b[K", bar.line(now, where_.columns - 1).c_str());
  } else {
    // The first line only after a while: a short load in a script's log needs none.
    if (next_ != progress_bar::time_point{}) std::fprintf(stderr, "%s\n", bar.line(now, 120).c_str());
    next_ = now + line_every;
  }
}

void progress_display::finish(const progress_bar& bar, progress_bar::time_point now) {
  if (quiet_) return;
  if (where_.tty) std::fprintf(stderr, "\r%s\x1b[K\n", bar.line(now, where_.columns - 1).c_str());
}

table::table(std::vector<std::string> header) : header_(std::move(header)) {}

void table::add(std::vector<std::string> row) {
  row.resize(header_.size());
  // What other programs wrote into Redis must not steer this terminal.
  for (auto& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string table::text(const terminal& where) const {
  std::vector<std::size_t> widths;
  for (const auto& name : header_) widths.push_back(width_of(name));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  auto render = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string padding(widths[i] - width_of(row[i]), ' ');
      if (i > 0) line += "  ";
      line += is_number(row[i]) ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  auto out = where.paint(render(header_), tint::faint) + "\n";
  for (const auto& row : rows_) out += render(row) + "\n";
  return out;
}

}  // namespace dispatch::ctl
