#include <vector>

#include "core/job/job_parser.hpp"
#include "core/job/json_text.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

void append_recipients(std::string& out, std::string_view array, std::span<const std::size_t> positions,
                       std::size_t expected) {
  std::vector<std::string_view> all;
  all.reserve(expected);
  json_text::walker elements(array);
  while (elements.next()) all.push_back(elements.raw_value());
  out += '[';
  bool first = true;
  for (const auto position : positions) {
    if (position >= all.size()) continue;
    if (!first) out += ',';
    first = false;
    json_text::append_minified(out, all[position]);
  }
  out += ']';
}

void append_id(std::string& out, std::string_view id) {
  out += "\"id\":\"";
  append_json_escaped(out, id);
  out += '"';
}

}  // namespace

std::string subset_document(const job& source, std::span<const std::size_t> positions, bool with_id) {
  std::string out = "{";
  json_text::walker members(source.document);
  if (with_id) append_id(out, source.id);
  while (members.next()) {
    if (with_id && members.key_is("id")) continue;
    if (out.size() > 1) out += ',';
    out += members.raw_key();
    out += ':';
    if (members.key_is("recipients")) {
      append_recipients(out, members.raw_value(), positions, source.recipients.size());
    } else {
      json_text::append_minified(out, members.raw_value());
    }
  }
  out += '}';
  return out;
}

}  // namespace dispatch
