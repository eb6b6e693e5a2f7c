#include "transport/providers/smtp/mail_template.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/job/characters.hpp"

namespace dispatch {
namespace {

struct span {
  std::size_t begin = 0, end = 0;
};

std::string without(std::string_view text, std::vector<span> cuts) {
  std::sort(cuts.begin(), cuts.end(), [](const span& a, const span& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t from = 0;
  for (const auto& cut : cuts) {
    out.append(text.substr(from, cut.begin - from));
    from = cut.end;
  }
  return out.append(text.substr(from));
}

/// Cuts the sections of one field out of the text, or just their marks when the field says something. Looks
/// at every byte a fixed number of times: the text may be a megabyte of marks.
std::string without_sections(std::string_view text, const template_field& field) {
  const auto open = std::string("{{#").append(field.name).append("}}");
  const auto close = std::string("{{/").append(field.name).append("}}");
  std::vector<span> cuts;
  std::size_t from = 0, closed = 0;
  while (true) {
    const auto at = text.find(open, from);
    if (at == std::string_view::npos) break;
    const auto end = text.find(close, std::max(at, closed));
    if (end == std::string_view::npos) break;
    closed = end + close.size();
    if (field.text.empty()) {
      cuts.push_back({at, closed});
      from = closed;
    } else {
      cuts.push_back({at, at + open.size()});
      cuts.push_back({end, closed});
      from = at + open.size();
    }
  }
  return without(text, std::move(cuts));
}

bool ends_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  return std::equal(
      word.begin(), word.end(), text.end() - static_cast<std::ptrdiff_t>(word.size()),
      [](char want, char got) { return want == (got >= 'A' && got <= 'Z' ? got | 0x20 : got); });
}

/// Whether what comes behind this HTML begins the value of an href.
bool opens_link(std::string_view html) {
  if (html.ends_with('"') || html.ends_with('\'')) html.remove_suffix(1);
  const auto equals = html.find_last_not_of(" \t\r\n");
  if (equals == std::string_view::npos || html[equals] != '=') return false;
  const auto name = html.find_last_not_of(" \t\r\n", equals == 0 ? 0 : equals - 1);
  return name != std::string_view::npos && ends_with_word(html.substr(0, name + 1), "href");
}

/// Schemes that do nothing but lead somewhere. A relative address leads nowhere in a mail.
bool is_harmless_link(std::string_view text) {
  constexpr std::array<std::string_view, 3> beginnings{"https://", "http://", "mailto:"};
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view each) {
    return text.size() >= each.size() && ends_with_word(text.substr(0, each.size()), each);
  });
}

}  // namespace

void append_href_escaped(std::string& out, std::string_view text) {
  if (is_harmless_link(text))
    append_html_escaped(out, text);
  else
    out.push_back('#');
}

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
  for (const auto& field : fields) resolved = without_sections(resolved, field);
  std::string_view rest = resolved;
  while (const auto found = find_placeholder(rest)) {
    if (full()) break;
    tail_.append(rest.substr(0, found->begin));
    const bool is_link = escaper == append_html_escaped && opens_link(tail_);
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const auto& each) { return each.name == found->name; });
    if (field == fields.end()) {
      add(found->name, is_link ? append_href_escaped : escaper);
    } else if (is_link) {
      append_link(field->text, field->is_url_template ? append_url_escaped : escaper);
    } else {
      append(field->text, escaper, field->is_url_template ? append_url_escaped : escaper);
    }
    rest.remove_prefix(found->end);
  }
  tail_.append(rest);
  too_large_ = full();
  if (!too_large_) return;
  variables_ = {};
  tail_ = {};
}

void mail_template::add(std::string_view name, escape escaper) {
  literal_bytes_ += tail_.size();
  variables_.push_back({std::exchange(tail_, {}), std::string(name), escaper});
}

void mail_template::append(std::string_view text, escape literals, escape values) {
  while (const auto found = find_placeholder(text)) {
    if (full()) return;
    literals(tail_, text.substr(0, found->begin));
    add(found->name, values);
    text.remove_prefix(found->end);
  }
  literals(tail_, text);
}

void mail_template::append_link(std::string_view text, escape values) {
  const auto first = find_placeholder(text);
  if (first && first->begin == 0) {
    // Its value has to hold the whole scheme.
    add(first->name, append_href_escaped);
    return append(text.substr(first->end), append_html_escaped, values);
  }
  if (is_harmless_link(text)) return append(text, append_html_escaped, values);
  tail_.push_back('#');
}

fill_status mail_template::render(const job& source, const recipient& who, std::size_t max_bytes,
                                  std::string& out, std::string_view& missing) const {
  if (too_large_ || literal_bytes_ + tail_.size() > max_bytes) return fill_status::too_large;
  const auto last = out.size() + max_bytes;
  for (const auto& part : variables_) {
    auto value = source.variable(who, part.name);
    if (!value && part.name == "address") value = who.target;
    if (!value) {
      missing = part.name;
      return fill_status::missing_variable;
    }
    // Escaping makes nothing shorter.
    if (part.before.size() + value->size() > last - out.size()) return fill_status::too_large;
    out.append(part.before);
    part.escaper(out, *value);
    if (out.size() > last) return fill_status::too_large;
  }
  if (tail_.size() > last - out.size()) return fill_status::too_large;
  out.append(tail_);
  return fill_status::ok;
}

}  // namespace dispatch
