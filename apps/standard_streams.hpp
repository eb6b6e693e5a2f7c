#pragma once

// What the command lines say: results on standard output, complaints on standard error. Whatever stands in
// the text, of Redis, of a file or of an argument, it does not steer a terminal (core/printable.hpp); and
// what could not be written is no success (finish_output).

#include <string_view>

namespace dispatch {

/// First thing of a program: a stream that it was started without would be the next file or socket opened,
/// and what is printed would go there. Standard output is then one that takes nothing.
void reserve_standard_streams();

/// As it is but for what may not be shown; lines stay lines. Nothing is added.
void print_text(std::string_view text);
/// One value, and the line's end.
void print_json(std::string_view json);
/// Text of our own making: colours, and parts that were made printable() before.
void print_painted(std::string_view text);

/// "PROGRAM: WHAT", a line; nothing when there is nothing to complain about.
void complain(std::string_view program, std::string_view what);

/// Writes what is still held back. False when anything printed so far was lost (a full disk, a closed pipe):
/// that has been said then, and the exit code must tell it.
bool finish_output(std::string_view program);

}  // namespace dispatch
