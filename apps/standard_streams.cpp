#include "apps/standard_streams.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/printable.hpp"

namespace dispatch {
namespace {

/// Of the first write that failed; stdio remembers only that one did.
int& first_error() {
  static int error = 0;
  return error;
}

void write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && first_error() == 0)
    first_error() = errno;
}

}  // namespace

void reserve_standard_streams() {
  constexpr const char* stand_ins[] = {"/dev/null", "/dev/full", "/dev/null"};
  for (int each = 0; each < 3; ++each) {
    // The lowest free number is what open() gives.
    if (::fcntl(each, F_GETFD) == -1 && errno == EBADF)
      ::open(stand_ins[each], each == 0 ? O_RDONLY : O_WRONLY);
  }
}

void print_text(std::string_view text) {
  write_out(printable(text, true));
}

void print_json(std::string_view json) {
  write_out(printable_json(json) + '\n');
}

void print_painted(std::string_view text) {
  write_out(text);
}

void complain(std::string_view program, std::string_view what) {
  what = what.substr(0, what.find_last_not_of('\n') + 1);
  if (what.empty()) return;
  const auto line = std::string(program) + ": " + printable(what, true) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

bool finish_output(std::string_view program) {
  if (std::fflush(stdout) != 0 && first_error() == 0) first_error() = errno;
  if (first_error() == 0 && std::ferror(stdout) == 0) return true;
  const auto* why = first_error() != 0 ? std::strerror(first_error()) : "unknown error";
  complain(program, std::string("standard output cannot be written: ") + why +
                        "; what was asked has been done, but for the answer that is lost");
  return false;
}

}  // namespace dispatch
