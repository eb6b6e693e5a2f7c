#pragma once

// What the program's two outputs are (terminal or pipe, colours or not), and drawing on them. Results go to
// standard output, progress to standard error, so that a pipe sees results alone.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dispatchctl/progress_bar.hpp"

namespace dispatch::ctl {

enum class tint { plain, good, warning, bad, faint };

struct terminal {
  bool tty = false;
  bool colour = false;
  std::size_t columns = 80;

  /// Asks the system: isatty, the window's size, NO_COLOR (any non-empty value), TERM=dumb.
  static terminal of(std::FILE* stream);
  /// The text made printable(), in colours where there are any.
  std::string paint(std::string_view text, tint how) const;
};

/// Draws a progress bar on standard error: in place on a terminal (at most 10 times a second), else a line
/// every 10 seconds. `finish` leaves the last state on its own line.
class progress_display {
 public:
  explicit progress_display(bool quiet = false);
  void show(const progress_bar& bar, progress_bar::time_point now);
  void finish(const progress_bar& bar, progress_bar::time_point now);

 private:
  terminal where_;
  bool quiet_;
  progress_bar::time_point next_{};
};

/// Columns padded to their widest cell; numbers (a leading digit and no letters) to the right. On a pipe the
/// same text without colour. Cells are made printable().
class table {
 public:
  explicit table(std::vector<std::string> header);
  void add(std::vector<std::string> row);
  bool empty() const noexcept { return rows_.empty(); }
  std::string text(const terminal& where) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dispatch::ctl
