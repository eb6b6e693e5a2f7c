#pragma once

#include <string>
#include <string_view>

namespace dispatch {

/// The type of a Content-Type, without parameters, in lower case.
inline std::string media_type(std::string_view header) {
  auto type = std::string(header.substr(0, header.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  for (char& c : type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return type;
}

}  // namespace dispatch
