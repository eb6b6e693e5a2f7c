#include "api/json/strict_json.hpp"

#include "core/job/field_reader.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

/// The nesting is bounded by the parser's depth.
bool has_duplicates(simdjson::dom::element value) {
  if (value.is_object()) {
    const simdjson::dom::object object(value);
    if (find_duplicate_key(object)) return true;
    for (const auto [key, member] : object)
      if (has_duplicates(member)) return true;
  } else if (value.is_array()) {
    for (const auto element : simdjson::dom::array(value))
      if (has_duplicates(element)) return true;
  }
  return false;
}

std::string describe(simdjson::error_code error) {
  if (error == simdjson::EMPTY) return "is empty";
  if (error == simdjson::UTF8_ERROR) return "is not UTF-8";
  if (error == simdjson::DEPTH_ERROR) return "is nested too deep";
  return "is not JSON";
}

}  // namespace

std::variant<strict_json, std::string> strict_json::parse(std::string_view text, std::size_t max_depth) {
  strict_json made;
  if (text.empty()) return describe(simdjson::EMPTY);
  if (made.parser_->allocate(text.size(), max_depth)) return std::string("is too large");
  const auto error = made.parser_->parse(text.data(), text.size(), true).get(made.root_);
  if (error) return describe(error);
  if (has_duplicates(made.root_)) return std::string("has a key twice in one object");
  return made;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

}  // namespace dispatch
