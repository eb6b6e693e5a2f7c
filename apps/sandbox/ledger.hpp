#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "apps/sandbox/provider.hpp"

namespace dispatch::sandbox {

struct ledger_line {
  std::int64_t unix_us = 0;  // when the request had come in full
  provider who = provider::other;
  int status = 0;  // 0: no answer was given (hang, reset, refused)
  std::string_view dedupe = "-";
  std::string_view target = "-";
  std::uint64_t connection = 0;
  std::int32_t stream = 0;
  std::string_view reason = "-";
  std::string_view authorization_hash = "-";
};

// Tab separated, one line; control characters in a field become '_', a field ends at 1,024 bytes, an empty
// one is written as '-'.
void append_ledger_line(std::string& out, const ledger_line& line);

std::string_view ledger_header();

// The file all io threads append to; a batch is one write(2), which O_APPEND keeps whole between threads.
class ledger_file {
 public:
  explicit ledger_file(const std::filesystem::path& path);
  ~ledger_file();
  ledger_file(const ledger_file&) = delete;
  ledger_file& operator=(const ledger_file&) = delete;

  // Throws when the disk refuses: a ledger with holes would prove falsehoods.
  void write(std::string_view lines);

 private:
  int fd_;
};

// One io thread's lines of this loop turn. The thread flushes it before it writes any socket, so no answer
// is ever out before its line.
class ledger_buffer {
 public:
  static constexpr std::size_t flush_at = 1 << 20;

  explicit ledger_buffer(ledger_file& file) : file_(file) {}
  void add(const ledger_line& line);
  void flush();

 private:
  ledger_file& file_;
  std::string lines_;
};

}  // namespace dispatch::sandbox
