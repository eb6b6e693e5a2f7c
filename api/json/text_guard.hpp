#pragma once

// Keeps foreign text out of the job's own {{templates}}. A text from a payload that holds `{{name}}` would be
// expanded from the recipient's variables, or fail for want of them; such a text travels as a variable
// itself, whose value is never expanded again.

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch {

class text_guard {
 public:
  /// The text as it may stand in a message: itself, or "{{literal.N}}" when it could be taken for a template.
  std::string guarded(std::string_view text);
  /// "{{literal.N}}" for it, whatever it holds.
  std::string as_variable(std::string_view text);

  /// A JSON value, minified, with its texts guarded. Names are not: the engine expands none.
  std::string guarded_json(simdjson::dom::element value);

  bool empty() const noexcept { return variables_.empty(); }

  /// A JSON array of recipients (valid JSON) with the variables given to each of them; what is not an object
  /// stays for the job parser to refuse. nullopt when it would get longer than `max_bytes`.
  std::optional<std::string> give_to(std::string_view recipients, std::size_t max_bytes) const;

 private:
  void append_guarded(std::string& out, simdjson::dom::element value);

  std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace dispatch
