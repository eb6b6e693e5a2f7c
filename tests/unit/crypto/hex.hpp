#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace dispatch::test {

/// "0aff" as two bytes.
inline std::string from_hex(std::string_view digits) {
  std::string out;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(digits.data() + at, digits.data() + at + 2, value, 16);
    out.push_back(static_cast<char>(value));
  }
  return out;
}

/// The bytes of any array or string.
template <class Bytes>
std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Array>
Array array_of(std::string_view bytes) {
  Array out{};
  std::copy_n(bytes.begin(), std::min(out.size(), bytes.size()), out.begin());
  return out;
}

}  // namespace dispatch::test
