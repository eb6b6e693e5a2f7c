#pragma once

// JSON from outside, read so that there is one way to understand it: valid UTF-8, nothing after it, nested no
// deeper than allowed, and no key twice in an object (two readers would see different values).

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace dispatch {

class strict_json {
 public:
  static constexpr std::size_t usual_depth = 32;

  /// What is wrong with it, for people, or the document.
  static std::variant<strict_json, std::string> parse(std::string_view text,
                                                      std::size_t max_depth = usual_depth);

  /// Lives as long as this, wherever it is moved to.
  simdjson::dom::element root() const noexcept { return root_; }

 private:
  strict_json() : parser_(std::make_unique<simdjson::dom::parser>()) {}
  std::unique_ptr<simdjson::dom::parser> parser_;  // elements point into it
  simdjson::dom::element root_;
};

/// Appends text as JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

}  // namespace dispatch
