#include <vector>

#include "core/job/job_parser.hpp"
#include "core/job/json_text.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

void append_array(std::string& out, std::span<const std::string_view> elements) {
  out += '[';
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += ',';
    json_text::append_minified(out, elements[i]);
  }
  out += ']';
}

std::vector<std::string_view> elements_at(std::string_view array, std::span<const std::size_t> positions,
                                          std::size_t expected) {
  std::vector<std::string_view> all;
  all.reserve(expected);
  json_text::walker elements(array);
  while (elements.next()) all.push_back(elements.raw_value());
  std::vector<std::string_view> chosen;
  chosen.reserve(positions.size());
  for (const auto position : positions) {
    if (position < all.size()) chosen.push_back(all[position]);
  }
  return chosen;
}

void append_id(std::string& out, std::string_view id) {
  out += "\"id\":\"";
  append_json_escaped(out, id);
  out += '"';
}

/// The source's members one by one, `write(member)` saying what becomes of each value but the id's.
template <class Write>
std::string rewritten(const job& source, bool with_id, Write write) {
  std::string out = "{";
  json_text::walker members(source.document);
  if (with_id) append_id(out, source.id);
  while (members.next()) {
    if (with_id && members.key_is("id")) continue;
    if (out.size() > 1) out += ',';
    write(out, members);
  }
  out += '}';
  return out;
}

void append_as_it_is(std::string& out, const json_text::walker& member) {
  out += member.raw_key();
  out += ':';
  json_text::append_minified(out, member.raw_value());
}

}  // namespace

std::string subset_document(const job& source, std::span<const std::size_t> positions, bool with_id) {
  return rewritten(source, with_id, [&](std::string& out, const json_text::walker& member) {
    if (!member.key_is("recipients")) return append_as_it_is(out, member);
    out += "\"recipients\":";
    append_array(out, elements_at(member.raw_value(), positions, source.recipients.size()));
  });
}

std::string window_document(const job& source, std::span<const std::string_view> recipients) {
  return rewritten(source, true, [&](std::string& out, const json_text::walker& member) {
    if (!member.key_is("audience")) return append_as_it_is(out, member);
    out += "\"recipients\":";
    append_array(out, recipients);
  });
}

}  // namespace dispatch
