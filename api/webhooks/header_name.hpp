#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace dispatch {

/// A header's name as http_request has it: in lower case.
inline std::string header_name(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

}  // namespace dispatch
