#pragma once

// `{{name}}` templates, compiled once a job. Escaping belongs to where the text lands, so a template knows
// only its pieces; whoever renders escapes.
//
// A name is [A-Za-z0-9_.-]{1,64}, blanks inside the braces are allowed; anything else is literal text.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job/job.hpp"

namespace dispatch {

/// Appends `text` to `out` as the inside of a JSON string (RFC 8259 section 7), without the quotes. Bytes
/// that are not UTF-8 become U+FFFD, so what comes out is always valid JSON.
void append_json_escaped(std::string& out, std::string_view text);
/// As it is: for places without an escape syntax (a plain text mail).
void append_unescaped(std::string& out, std::string_view text);

/// One `{{name}}` in a text, braces included.
struct placeholder {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;
};

/// What became of filling a template in. Whatever is not `ok` leaves the output as it was.
enum class fill_status : std::uint8_t {
  ok,
  missing_variable,
  too_large  ///< more than was allowed: a short text can name a long value many times, so filling in stops
             ///< there
};

/// The first well-formed placeholder at or after `from`.
std::optional<placeholder> find_placeholder(std::string_view text, std::size_t from = 0) noexcept;
/// True when `text` contains a well-formed {{name}}. `{{` without a name is literal text.
bool has_placeholder(std::string_view text) noexcept;
/// How many well-formed placeholders there are, counted up to `most`.
std::size_t count_placeholders(std::string_view text, std::size_t most) noexcept;
/// True when `name` can stand between the braces.
bool is_variable_name(std::string_view name) noexcept;

/// A provider's request body compiled for one job: literal JSON with holes for what differs by recipient.
/// Rendering appends pieces; no JSON tree is built per recipient.
class body_template {
 public:
  enum class hole : std::uint8_t {
    target,     ///< recipient.target, JSON-escaped
    dedupe_key  ///< the attempt-independent key, see core/digest.hpp
  };

  void append_literal(std::string_view json);
  /// The inside of a JSON string; {{ }} stay as they are.
  void append_plain_text(std::string_view text);
  /// `text` may hold {{variables}}; its literal parts are JSON-escaped now, values when rendered.
  void append_text(std::string_view text);
  /// Finished JSON whose strings may hold {{variables}} (a serialised tree, an override). `{{` cannot occur
  /// in JSON outside a string, so a value lands inside quotes and is JSON-escaped.
  void append_json(std::string_view json);
  void append_hole(hole what);

  /// Appends at most `max_bytes`, and touches little more memory than that whatever the values are. Without a
  /// variable `missing` names it (a view into the template).
  fill_status render(const job& source, const recipient& who, std::string_view dedupe, std::size_t max_bytes,
                     std::string& out, std::string_view& missing) const;

  bool has_variables() const noexcept { return has_variables_; }
  /// About how many bytes a rendered body has beside the target, so that it is allocated once.
  std::size_t expected_bytes() const noexcept;

 private:
  enum class kind : std::uint8_t { literal, variable, target, dedupe_key };
  struct piece {
    kind what;
    std::size_t size;  ///< of a literal, or of a variable's name: so much of text_
  };
  void append_variable(std::string_view name);
  void close_literal(std::size_t before);
  fill_status append_pieces(const job& source, const recipient& who, std::string_view dedupe,
                            std::size_t last, std::string& out, std::string_view& missing) const;

  // All literals and names, one behind the other: compiling a job of one recipient must not cost an
  // allocation a piece.
  std::string text_;
  std::vector<piece> pieces_;
  std::size_t literal_bytes_ = 0;
  bool has_variables_ = false;
};

/// One text field compiled for a place with its own escaping (a mail's HTML part, a URL, a plain text).
class text_template {
 public:
  using escape = void (*)(std::string& out, std::string_view text);

  /// Literal parts are escaped now, values when rendered.
  explicit text_template(std::string_view text, escape escaper = append_unescaped);

  /// Like body_template::render.
  fill_status render(const job& source, const recipient& who, std::size_t max_bytes, std::string& out,
                     std::string_view& missing) const;

  bool has_variables() const noexcept { return !variables_.empty(); }

 private:
  struct variable {
    std::string before;  ///< the literal in front of it, escaped
    std::string name;
  };
  std::vector<variable> variables_;
  std::string tail_;
  escape escape_;
};

}  // namespace dispatch
