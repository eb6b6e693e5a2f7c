#include "transport/providers/smtp/mail_template.hpp"

#include <algorithm>
#include <utility>

#include "core/job/characters.hpp"

namespace dispatch {
namespace {

/// Cuts the sections of one field out of the text, or just their marks when the field says something.
std::string without_sections(std::string text, const template_field& field) {
  const auto open = std::string("{{#").append(field.name).append("}}");
  const auto close = std::string("{{/").append(field.name).append("}}");
  for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    const auto end = text.find(close, at);
    if (end == std::string::npos) break;
    if (field.text.empty()) {
      text.erase(at, end + close.size() - at);
    } else {
      text.erase(end, close.size());
      text.erase(at, open.size());
    }
  }
  return text;
}

}  // namespace

void append_html_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      default:
        out.push_back(c);
    }
  }
}

void append_url_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_any_of(c, name_with_dot) || c == '~') {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
}

mail_template::mail_template(std::string_view text, const std::vector<template_field>& fields,
                             escape escaper) {
  std::string resolved(text);
  for (const auto& field : fields) resolved = without_sections(std::move(resolved), field);
  std::string_view rest = resolved;
  while (const auto found = find_placeholder(rest)) {
    tail_.append(rest.substr(0, found->begin));
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const auto& each) { return each.name == found->name; });
    if (field == fields.end()) {
      variables_.push_back({std::exchange(tail_, {}), std::string(found->name), escaper});
    } else {
      append(field->text, escaper, field->is_url_template ? append_url_escaped : escaper);
    }
    rest.remove_prefix(found->end);
  }
  tail_.append(rest);
}

void mail_template::append(std::string_view text, escape literals, escape values) {
  while (const auto found = find_placeholder(text)) {
    literals(tail_, text.substr(0, found->begin));
    variables_.push_back({std::exchange(tail_, {}), std::string(found->name), values});
    text.remove_prefix(found->end);
  }
  literals(tail_, text);
}

fill_status mail_template::render(const job& source, const recipient& who, std::size_t max_bytes,
                                  std::string& out, std::string_view& missing) const {
  const auto before = out.size();
  for (const auto& part : variables_) {
    auto value = source.variable(who, part.name);
    if (!value && part.name == "address") value = who.target;
    if (!value) {
      missing = part.name;
      return fill_status::missing_variable;
    }
    out.append(part.before);
    part.escaper(out, *value);
    // A short text can name a long value many times.
    if (out.size() - before > max_bytes) return fill_status::too_large;
  }
  out.append(tail_);
  return out.size() - before > max_bytes ? fill_status::too_large : fill_status::ok;
}

}  // namespace dispatch
