#include "core/job/text_template.hpp"

#include "core/job/characters.hpp"

namespace dispatch {
namespace {

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

/// The placeholder whose braces open at `begin`, if it is one.
std::optional<placeholder> placeholder_at(std::string_view text, std::size_t begin) noexcept {
  if (text.substr(begin, 2) != "{{") return std::nullopt;
  const auto name_begin = skip_blanks(text, begin + 2);
  auto at = name_begin;
  while (at < text.size() && at - name_begin <= max_variable_name_bytes && is_any_of(text[at], name_with_dot))
    ++at;
  const auto name = text.substr(name_begin, at - name_begin);
  if (name.empty() || name.size() > max_variable_name_bytes) return std::nullopt;
  at = skip_blanks(text, at);
  if (text.substr(at, 2) != "}}") return std::nullopt;
  return placeholder{begin, at + 2, name};
}

}  // namespace

std::optional<placeholder> find_placeholder(std::string_view text, std::size_t from) noexcept {
  for (auto at = text.find('{', from); at != std::string_view::npos; at = text.find('{', at + 1)) {
    if (auto found = placeholder_at(text, at)) return found;
  }
  return std::nullopt;
}

bool has_placeholder(std::string_view text) noexcept {
  return find_placeholder(text).has_value();
}

bool is_variable_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= max_variable_name_bytes && all_of(name, name_with_dot);
}

std::string& body_template::open_literal() {
  // Neighbours are joined: fewer pieces, faster rendering.
  if (pieces_.empty() || pieces_.back().what != kind::literal) pieces_.push_back({kind::literal, {}});
  return pieces_.back().text;
}

void body_template::append_literal(std::string_view json) {
  if (json.empty()) return;
  open_literal().append(json);
  literal_bytes_ += json.size();
}

void body_template::append_variable(std::string_view name) {
  pieces_.push_back({kind::variable, std::string(name)});
  has_variables_ = true;
}

void body_template::append_text(std::string_view text) {
  std::string escaped;
  append_json_escaped(escaped, text);
  // Names hold nothing that is escaped, so the placeholders are still there. A tab inside the braces is not,
  // hence the search in the original text.
  if (!has_placeholder(text)) return append_literal(escaped);
  std::size_t from = 0;
  while (const auto found = find_placeholder(text, from)) {
    escaped.clear();
    append_json_escaped(escaped, text.substr(from, found->begin - from));
    append_literal(escaped);
    append_variable(found->name);
    from = found->end;
  }
  escaped.clear();
  append_json_escaped(escaped, text.substr(from));
  append_literal(escaped);
}

void body_template::append_json(std::string_view json) {
  std::size_t from = 0;
  while (const auto found = find_placeholder(json, from)) {
    append_literal(json.substr(from, found->begin - from));
    append_variable(found->name);
    from = found->end;
  }
  append_literal(json.substr(from));
}

void body_template::append_hole(hole what) {
  pieces_.push_back({what == hole::target ? kind::target : kind::dedupe_key, {}});
}

bool body_template::render(const job& source, const recipient& who, std::string_view dedupe, std::string& out,
                           std::string_view& missing) const {
  // Room for short values too: most bodies then cost one allocation.
  constexpr std::size_t expected_value_bytes = 32;
  const auto before = out.size();
  out.reserve(before + literal_bytes_ + who.target.size() + dedupe.size() +
              pieces_.size() * expected_value_bytes);
  for (const auto& part : pieces_) {
    switch (part.what) {
      case kind::literal:
        out.append(part.text);
        break;
      case kind::target:
        append_json_escaped(out, who.target);
        break;
      case kind::dedupe_key:
        out.append(dedupe);
        break;
      case kind::variable: {
        const auto value = source.variable(who, part.text);
        if (!value) {
          missing = part.text;
          out.resize(before);
          return false;
        }
        append_json_escaped(out, *value);
      }
    }
  }
  return true;
}

text_template::text_template(std::string_view text, escape escaper) : escape_(escaper) {
  std::size_t from = 0;
  while (const auto found = find_placeholder(text, from)) {
    auto& added = variables_.emplace_back();
    escape_(added.before, text.substr(from, found->begin - from));
    added.name = found->name;
    from = found->end;
  }
  escape_(tail_, text.substr(from));
}

bool text_template::render(const job& source, const recipient& who, std::string& out,
                           std::string_view& missing) const {
  const auto before = out.size();
  for (const auto& part : variables_) {
    const auto value = source.variable(who, part.name);
    if (!value) {
      missing = part.name;
      out.resize(before);
      return false;
    }
    out.append(part.before);
    escape_(out, *value);
  }
  out.append(tail_);
  return true;
}

}  // namespace dispatch
