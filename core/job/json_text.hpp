#pragma once

// Where values lie in JSON text. simdjson's tree forgets how a number was written (1.50, 1e9); parked jobs
// and overrides must not change on their way, so they are cut out of the source text. Only for text that
// simdjson has accepted: nothing is validated here.

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch::json_text {

/// Goes over the members of an object or the elements of an array.
class walker {
 public:
  /// `container` begins with its `{` or `[`; blanks before it are skipped.
  explicit walker(std::string_view container) noexcept;

  /// False at the end.
  bool next() noexcept;
  /// As written, quotes included; empty in an array.
  std::string_view raw_key() const noexcept { return key_; }
  bool key_is(std::string_view name) const;
  std::string_view raw_value() const noexcept { return value_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool object_ = false;
  std::string_view key_, value_;
};

/// The value of that member of an object; empty when it has none.
std::string_view member(std::string_view object, std::string_view name);

/// Copies without blanks between tokens; `out` has room for json.size(). Returns the length.
std::size_t minify(std::string_view json, char* out) noexcept;
void append_minified(std::string& out, std::string_view json);

}  // namespace dispatch::json_text
