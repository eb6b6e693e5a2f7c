#pragma once

// Files that settings and options name: keys, passwords, templates. Read without ever waiting: what is no
// regular file (a FIFO that nobody writes to, a terminal, a socket, a directory) is refused.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace dispatch {

/// Of one key, certificate or list of secrets.
inline constexpr std::size_t max_key_file_bytes = 65'536;

struct file_problem {
  std::string message;  ///< names the file, never what stands in it
};

std::variant<std::string, file_problem> read_file(const std::string& path, std::size_t max_bytes);

/// Empty when the file can be read; not opened by whoever reads it, so for libraries that open it themselves.
std::string why_unreadable(const std::string& path);

/// Empty when lines can be appended to it: to what is there and is no directory, or to a new file in a
/// directory that is there. Makes nothing, and waits for nobody (a FIFO that nobody reads is refused).
std::string why_unwritable(const std::string& path);

/// Without the line's end; empty when there is none.
std::string first_line(std::string_view text);

}  // namespace dispatch
