#include "core/job/text_template.hpp"

#include <algorithm>

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

// Enough for the usual message in one allocation each; short values included.
constexpr std::size_t expected_text_bytes = 512;
constexpr std::size_t expected_pieces = 16;
constexpr std::size_t expected_value_bytes = 32;

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

std::size_t count_placeholders(std::string_view text, std::size_t most) noexcept {
  std::size_t count = 0, from = 0;
  while (count < most) {
    const auto found = find_placeholder(text, from);
    if (!found) break;
    ++count;
    from = found->end;
  }
  return count;
}

bool is_variable_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= max_variable_name_bytes && all_of(name, name_with_dot);
}

// What has been appended to text_ since it had `before` bytes is literal. Neighbours are joined.
void body_template::close_literal(std::size_t before) {
  const auto size = text_.size() - before;
  if (size == 0) return;
  literal_bytes_ += size;
  if (pieces_.empty()) pieces_.reserve(expected_pieces);
  if (pieces_.empty() || pieces_.back().what != kind::literal) {
    pieces_.push_back({kind::literal, size});
  } else {
    pieces_.back().size += size;
  }
}

void body_template::append_literal(std::string_view json) {
  if (text_.empty()) text_.reserve(expected_text_bytes);
  const auto before = text_.size();
  text_.append(json);
  close_literal(before);
}

void body_template::append_plain_text(std::string_view text) {
  if (text_.empty()) text_.reserve(expected_text_bytes);
  const auto before = text_.size();
  append_json_escaped(text_, text);
  close_literal(before);
}

void body_template::append_variable(std::string_view name) {
  text_.append(name);
  pieces_.push_back({kind::variable, name.size()});
  has_variables_ = true;
}

// Names hold nothing that is escaped, but a tab inside the braces is: hence the search in the original text.
void body_template::append_text(std::string_view text) {
  std::size_t from = 0;
  while (const auto found = find_placeholder(text, from)) {
    append_plain_text(text.substr(from, found->begin - from));
    append_variable(found->name);
    from = found->end;
  }
  append_plain_text(text.substr(from));
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
  pieces_.push_back({what == hole::target ? kind::target : kind::dedupe_key, 0});
}

std::size_t body_template::expected_bytes() const noexcept {
  return text_.size() + pieces_.size() * expected_value_bytes;
}

fill_status body_template::render(const job& source, const recipient& who, std::string_view dedupe,
                                  std::size_t max_bytes, std::string& out, std::string_view& missing) const {
  if (literal_bytes_ > max_bytes) return fill_status::too_large;
  const auto before = out.size();
  out.reserve(before + std::min(expected_bytes() + who.target.size(), max_bytes));
  const auto status = append_pieces(source, who, dedupe, before + max_bytes, out, missing);
  if (status != fill_status::ok) out.resize(before);
  return status;
}

// Escaping makes nothing shorter: what is too long as it is need not be escaped to know.
fill_status body_template::append_pieces(const job& source, const recipient& who, std::string_view dedupe,
                                         std::size_t last, std::string& out,
                                         std::string_view& missing) const {
  std::string_view rest = text_;
  for (const auto& part : pieces_) {
    const auto text = rest.substr(0, part.size);
    rest.remove_prefix(part.size);
    switch (part.what) {
      case kind::literal:
        out.append(text);
        break;
      case kind::target:
        append_json_escaped(out, who.target);
        break;
      case kind::dedupe_key:
        out.append(dedupe);
        break;
      case kind::variable: {
        const auto value = source.variable(who, text);
        if (!value) {
          missing = text;
          return fill_status::missing_variable;
        }
        if (value->size() > last - out.size()) return fill_status::too_large;
        append_json_escaped(out, *value);
      }
    }
    if (out.size() > last) return fill_status::too_large;
  }
  return fill_status::ok;
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

fill_status text_template::render(const job& source, const recipient& who, std::size_t max_bytes,
                                  std::string& out, std::string_view& missing) const {
  const auto before = out.size(), last = before + max_bytes;
  auto status = fill_status::ok;
  for (const auto& part : variables_) {
    const auto value = source.variable(who, part.name);
    if (!value) {
      missing = part.name;
      status = fill_status::missing_variable;
    } else if (part.before.size() + value->size() > last - out.size()) {
      status = fill_status::too_large;
    } else {
      out.append(part.before);
      escape_(out, *value);
      if (out.size() > last) status = fill_status::too_large;
    }
    if (status != fill_status::ok) break;
  }
  if (status == fill_status::ok && tail_.size() > last - out.size()) status = fill_status::too_large;
  if (status == fill_status::ok) {
    out.append(tail_);
  } else {
    out.resize(before);
  }
  return status;
}

}  // namespace dispatch
