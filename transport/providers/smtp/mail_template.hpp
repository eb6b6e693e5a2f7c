#pragma once

// A part of a mail, compiled once a job: text with {{fields}} of the message and {{variables}} of the
// recipient, each escaped for where it lands. `{{#field}}…{{/field}}` is left out when the field is empty.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/job/job.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {

/// HTML's text and quoted attributes.
void append_html_escaped(std::string& out, std::string_view text);
/// The beginning of a link's address: "#" in place of what is not http, https or mailto, in quoted
/// attributes.
void append_href_escaped(std::string& out, std::string_view text);
/// Everything but RFC 3986's unreserved characters as %XX.
void append_url_escaped(std::string& out, std::string_view text);

/// What a field's name stands for: text that may itself hold {{variables}}.
struct template_field {
  std::string_view name;
  std::string_view text;
  bool is_url_template = false;  ///< its variables' values become part of a URL: percent-encoded
};

class mail_template {
 public:
  using escape = text_template::escape;

  /// Beyond so much literal text, or so many variables, it is given up: then it is too large for everybody.
  static constexpr std::size_t max_literal_bytes = std::size_t{1} << 20;
  static constexpr std::size_t max_variables = 16'384;

  /// `escaper` is for fields and variables; the text itself stays as it is.
  mail_template(std::string_view text, const std::vector<template_field>& fields, escape escaper);
  /// A header's or URL's text: no fields.
  explicit mail_template(std::string_view text, escape escaper = append_unescaped)
      : mail_template(text, {}, escaper) {}

  /// Appends to `out`, at most `max_bytes`. {{address}} is the recipient's unless a variable has that name.
  /// `missing` names the variable that is not there, as a view into the template.
  fill_status render(const job& source, const recipient& who, std::size_t max_bytes, std::string& out,
                     std::string_view& missing) const;

 private:
  struct piece {
    std::string before;  ///< in front of the variable, escaped
    std::string name;
    escape escaper;
  };
  void append(std::string_view text, escape literals, escape values);
  void add(std::string_view name, escape escaper);
  bool full() const noexcept {
    return literal_bytes_ + tail_.size() > max_literal_bytes || variables_.size() > max_variables;
  }
  void append_link(std::string_view text, escape values);

  std::vector<piece> variables_;
  std::string tail_;
  std::size_t literal_bytes_ = 0;  ///< in front of the variables
  bool too_large_ = false;
};

}  // namespace dispatch
