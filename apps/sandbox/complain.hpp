#pragma once

// What the sandbox says on standard error: plain ASCII, whatever a name or a library's text holds, so that
// nothing in it steers a terminal.

#include <cstdio>
#include <string>

namespace dispatch::sandbox {

inline std::string plain(std::string text) {
  for (auto& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte >= 0x7f) c = '?';
  }
  return text;
}

inline void complain(const std::string& what) {
  std::fprintf(stderr, "dispatch-sandbox: %s\n", plain(what).c_str());
}

}  // namespace dispatch::sandbox
