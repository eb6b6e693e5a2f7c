#pragma once

// Reading a provider's answer, which may be anything: bounded in size and depth, never throws for what it
// says.

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

namespace dispatch {

/// Parses in a buffer of its own first: an ordinary error costs no allocation. Views into it live as long.
class answer_json {
 public:
  explicit answer_json(std::string_view body);
  answer_json(const answer_json&) = delete;
  answer_json& operator=(const answer_json&) = delete;

  /// Null when the body is not a JSON object, is longer than 16 KiB or nested deeper than 16.
  const boost::json::object* object() const noexcept { return root_.if_object(); }

 private:
  std::array<unsigned char, 4096> buffer_;
  boost::json::monotonic_resource memory_;
  boost::json::value root_;
};

// Members by name; null or "" when absent or of another type.
const boost::json::object* object_in(const boost::json::object* from, std::string_view name) noexcept;
const boost::json::array* array_in(const boost::json::object* from, std::string_view name) noexcept;
std::string_view string_in(const boost::json::object* from, std::string_view name) noexcept;

}  // namespace dispatch
