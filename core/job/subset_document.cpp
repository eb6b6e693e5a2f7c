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

/// The source's members one by one, `write(member)` saying what becomes of each but the id; false: it is left
/// out.
template <class Write>
std::string rewritten(const job& source, bool with_id, Write write) {
  std::string out = "{";
  json_text::walker members(source.document);
  if (with_id) append_id(out, source.id);
  while (members.next()) {
    if (with_id && members.key_is("id")) continue;
    const auto before = out.size();
    if (before > 1) out += ',';
    if (!write(out, members)) out.resize(before);
  }
  out += '}';
  return out;
}

bool append_as_it_is(std::string& out, const json_text::walker& member) {
  out += member.raw_key();
  out += ':';
  json_text::append_minified(out, member.raw_value());
  return true;
}

}  // namespace

std::string recipients_document(const job& source, std::span<const std::size_t> positions) {
  std::string out = "{\"recipients\":";
  json_text::walker members(source.document);
  while (members.next()) {
    if (!members.key_is("recipients")) continue;
    append_array(out, elements_at(members.raw_value(), positions, source.recipients.size()));
    return out += '}';
  }
  return out += "[]}";
}

std::optional<std::string> whole_document(std::string_view content, std::string_view recipients) {
  if (content.size() < 3 || content.front() != '{' || content.back() != '}') return std::nullopt;
  if (recipients.size() < 3 || recipients.front() != '{' || recipients.back() != '}') return std::nullopt;
  std::string out(content.substr(0, content.size() - 1));
  return out.append(",").append(recipients.substr(1));
}

std::string content_document(const job& source) {
  if (source.content) return source.content->document;
  return rewritten(source, true, [](std::string& out, const json_text::walker& member) {
    return !member.key_is("recipients") && append_as_it_is(out, member);
  });
}

std::string subset_document(const job& source, std::span<const std::size_t> positions, bool with_id) {
  if (source.content)
    return whole_document(source.content->document, recipients_document(source, positions)).value_or("");
  return rewritten(source, with_id, [&](std::string& out, const json_text::walker& member) {
    if (!member.key_is("recipients")) return append_as_it_is(out, member);
    out += "\"recipients\":";
    append_array(out, elements_at(member.raw_value(), positions, source.recipients.size()));
    return true;
  });
}

std::string window_document(const job& source, std::span<const std::string_view> recipients) {
  return rewritten(source, true, [&](std::string& out, const json_text::walker& member) {
    if (!member.key_is("audience")) return append_as_it_is(out, member);
    out += "\"recipients\":";
    append_array(out, recipients);
    return true;
  });
}

}  // namespace dispatch
