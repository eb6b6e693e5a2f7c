#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace dispatch::sandbox {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// Looked up by string_view without making a string.
template <class Value>
using text_map = boost::unordered_flat_map<std::string, Value, text_hash, std::equal_to<>>;

}  // namespace dispatch::sandbox
