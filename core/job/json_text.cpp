#include "core/job/json_text.hpp"

#include <simdjson.h>

#include <cstring>

namespace dispatch::json_text {
namespace {

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

/// Past the closing quote of the string that opens at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

std::size_t skip_container(std::string_view text, std::size_t at) noexcept {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at;
    }
  }
  return text.size();
}

std::size_t skip_value(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return text.size();
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] == '{' || text[at] == '[') return skip_container(text, at);
  while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']' && !is_blank(text[at]))
    ++at;
  return at;
}

}  // namespace

walker::walker(std::string_view container) noexcept : text_(container), at_(skip_blanks(container, 0)) {
  object_ = at_ < text_.size() && text_[at_] == '{';
  ++at_;
}

bool walker::next() noexcept {
  at_ = skip_blanks(text_, at_);
  if (at_ < text_.size() && text_[at_] == ',') at_ = skip_blanks(text_, at_ + 1);
  if (at_ >= text_.size() || text_[at_] == '}' || text_[at_] == ']') return false;
  if (object_) {
    const auto key_end = skip_string(text_, at_);
    key_ = text_.substr(at_, key_end - at_);
    at_ = skip_blanks(text_, key_end);  // to the colon
    at_ = skip_blanks(text_, at_ + 1);
  }
  const auto value_end = skip_value(text_, at_);
  if (at_ >= value_end) return false;
  value_ = text_.substr(at_, value_end - at_);
  at_ = value_end;
  return true;
}

bool walker::key_is(std::string_view name) const {
  if (key_.size() < 2) return false;
  if (key_.find('\\') == std::string_view::npos) return key_.substr(1, key_.size() - 2) == name;
  // Nobody writes "\u0069d", but it is "id".
  simdjson::dom::parser parser;
  std::string_view plain;
  return parser.parse(simdjson::padded_string(key_)).get_string().get(plain) == simdjson::SUCCESS &&
         plain == name;
}

std::string_view member(std::string_view object, std::string_view name) {
  walker members(object);
  while (members.next()) {
    if (members.key_is(name)) return members.raw_value();
  }
  return {};
}

std::size_t minify(std::string_view json, char* out) noexcept {
  char* const begin = out;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      const auto end = skip_string(json, at);
      std::memcpy(out, json.data() + at, end - at);
      out += end - at;
      at = end;
    } else {
      if (!is_blank(json[at])) *out++ = json[at];
      ++at;
    }
  }
  return static_cast<std::size_t>(out - begin);
}

void append_minified(std::string& out, std::string_view json) {
  const auto before = out.size();
  out.resize(before + json.size());
  out.resize(before + minify(json, out.data() + before));
}

}  // namespace dispatch::json_text
