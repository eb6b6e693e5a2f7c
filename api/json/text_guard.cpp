#include "api/json/text_guard.hpp"

#include <utility>

#include "api/json/strict_json.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

/// Appends the members of an object but for one, each with a comma behind it.
void append_members(std::string& out, simdjson::dom::object members, std::string_view without = {}) {
  for (const auto [key, value] : members) {
    if (!without.empty() && key == without) continue;
    append_json_string(out, key);
    out += ':';
    out += simdjson::minify(value);
    out += ',';
  }
}

void append_recipient(std::string& out, simdjson::dom::object recipient, std::string_view variables) {
  out += '{';
  append_members(out, recipient, "vars");
  out += "\"vars\":{";
  simdjson::dom::object own;
  if (recipient["vars"].get(own) == simdjson::SUCCESS) append_members(out, own);
  out += variables;
  out += "}}";
}

}  // namespace

std::string text_guard::guarded(std::string_view text) {
  return has_placeholder(text) ? as_variable(text) : std::string(text);
}

std::string text_guard::as_variable(std::string_view text) {
  auto name = "literal." + std::to_string(variables_.size());
  auto placeholder = "{{" + name + "}}";
  variables_.emplace_back(std::move(name), text);
  return placeholder;
}

std::string text_guard::guarded_json(simdjson::dom::element value) {
  std::string out;
  append_guarded(out, value);
  return out;
}

// The nesting is bounded by the parser's depth.
void text_guard::append_guarded(std::string& out, simdjson::dom::element value) {
  std::string_view text;
  bool first = true;
  if (value.get(text) == simdjson::SUCCESS) {
    append_json_string(out, guarded(text));
  } else if (value.is_object()) {
    for (const auto [key, member] : simdjson::dom::object(value)) {
      out += std::exchange(first, false) ? '{' : ',';
      append_json_string(out, key);
      out += ':';
      append_guarded(out, member);
    }
    out += first ? "{}" : "}";
  } else if (value.is_array()) {
    for (const auto element : simdjson::dom::array(value)) {
      out += std::exchange(first, false) ? '[' : ',';
      append_guarded(out, element);
    }
    out += first ? "[]" : "]";
  } else {
    out += simdjson::minify(value);
  }
}

std::optional<std::string> text_guard::give_to(std::string_view recipients, std::size_t max_bytes) const {
  const auto parsed = strict_json::parse(recipients);
  const auto* document = std::get_if<strict_json>(&parsed);
  simdjson::dom::array each;
  if (!document || document->root().get(each) != simdjson::SUCCESS) return std::string(recipients);
  std::string variables;
  for (const auto& [name, text] : variables_) {
    if (!variables.empty()) variables += ',';
    append_json_string(variables, name);
    variables += ':';
    append_json_string(variables, text);
  }
  std::string out = "[";
  for (const auto recipient : each) {
    if (out.size() > 1) out += ',';
    simdjson::dom::object members;
    if (recipient.get(members) == simdjson::SUCCESS)
      append_recipient(out, members, variables);
    else
      out += simdjson::minify(recipient);
    if (out.size() > max_bytes) return std::nullopt;
  }
  out += ']';
  return out;
}

}  // namespace dispatch
