#include "transport/providers/render/json_sink.hpp"

#include <boost/json/parse.hpp>
#include <charconv>
#include <string>
#include <utility>

#include "transport/providers/render/message_fields.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

// Job documents are UTF-8, where this byte cannot occur.
constexpr char hole_lead = '\xff';
constexpr std::size_t max_override_depth = 32;

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

}  // namespace

void direct_sink::separate() {
  if (!first_) out_.frame(",");
  first_ = false;
}

void direct_sink::open_pending() {
  for (std::size_t i = 0; i < unopened_count_; ++i) {
    separate();
    out_.frame("\"");
    out_.frame(unopened_[i]);
    out_.frame("\":{");
    first_ = true;
  }
  unopened_count_ = 0;
  separate();
}

void direct_sink::begin(std::string_view key) {
  open_pending();
  out_.frame("\"");
  out_.frame(key);
  out_.frame("\":");
}

void direct_sink::open(std::string_view key) {
  unopened_.at(unopened_count_++) = key;
}

void direct_sink::close() {
  if (unopened_count_ > 0) {
    --unopened_count_;
    return;
  }
  out_.frame("}");
  first_ = false;
}

void direct_sink::text(std::string_view key, std::string_view value) {
  begin(key);
  out_.frame("\"");
  out_.text(value);
  out_.frame("\"");
}

void direct_sink::number(std::string_view key, std::int64_t value) {
  begin(key);
  std::string digits;
  append_number(digits, value);
  out_.content(digits);
}

void direct_sink::flag(std::string_view key) {
  begin(key);
  out_.content("true");
}

void direct_sink::hole(std::string_view key, mark what) {
  begin(key);
  out_.frame("\"");
  out_.hole(what);
  out_.frame("\"");
}

void direct_sink::pair(std::string_view key, std::string_view value) {
  open_pending();
  out_.frame("\"");
  out_.plain_text(key);
  out_.frame("\":\"");
  out_.text(value);
  out_.frame("\"");
}

void tree_sink::open(std::string_view key) {
  names_.push_back(key);
  open_.emplace_back();
}

void tree_sink::close() {
  auto done = std::move(open_.back());
  open_.pop_back();
  if (!done.empty()) top()[names_.back()] = std::move(done);
  names_.pop_back();
}

void tree_sink::text(std::string_view key, std::string_view value) {
  top()[key] = value;
}

void tree_sink::number(std::string_view key, std::int64_t value) {
  top()[key] = value;
}

void tree_sink::flag(std::string_view key) {
  top()[key] = true;
}

json::string hole_text(mark what) {
  const char text[] = {hole_lead, static_cast<char>(what)};
  return json::string(std::string_view(text, sizeof text));
}

void tree_sink::hole(std::string_view key, mark what) {
  top()[key] = hole_text(what);
}

json::object tree_sink::take() {
  return std::move(open_.front());
}

std::optional<json::object> parse_overrides(std::string_view text) {
  json::parse_options options;
  options.max_depth = max_override_depth;
  json::error_code error;
  auto parsed = json::parse(text, error, {}, options);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

bool is_alerting(const message& what, const json::object* overrides) {
  if (is_visible(what) || what.badge || !what.sound.empty()) return true;
  const json::value* at = overrides ? overrides->if_contains("payload") : nullptr;
  if (at && at->is_object()) at = at->get_object().if_contains("aps");
  if (!at || !at->is_object()) return false;
  for (const auto* name : {"alert", "badge", "sound"}) {
    const auto* member = at->get_object().if_contains(name);
    if (member && !member->is_null()) return true;
  }
  return false;
}

void merge_patch(json::value& target, const json::value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = json::object();
  auto& members = target.get_object();
  for (const auto& [key, value] : patch.get_object()) {
    if (value.is_null())
      members.erase(key);
    else
      merge_patch(members[key], value);
  }
}

namespace {

void write_string(std::string_view value, compiled_body& out) {
  out.frame("\"");
  if (value.size() == 2 && value.front() == hole_lead)
    out.hole(static_cast<mark>(value.back()));
  else
    out.text(value);
  out.frame("\"");
}

void write_object(const json::object& members, compiled_body& out) {
  out.frame("{");
  bool first = true;
  for (const auto& [key, value] : members) {
    out.frame(first ? "\"" : ",\"");
    first = false;
    out.plain_text(key);
    out.frame("\":");
    write_tree(value, out);
  }
  out.frame("}");
}

void write_array(const json::array& elements, compiled_body& out) {
  out.frame("[");
  bool first = true;
  for (const auto& element : elements) {
    if (!first) out.frame(",");
    first = false;
    write_tree(element, out);
  }
  out.frame("]");
}

template <class Number>
void write_number(Number value, compiled_body& out) {
  std::string digits;
  append_number(digits, value);
  out.content(digits);
}

}  // namespace

// Recursion is bounded by the parser that made the overrides (max_override_depth).
void write_tree(const json::value& tree, compiled_body& out) {
  switch (tree.kind()) {
    case json::kind::object:
      return write_object(tree.get_object(), out);
    case json::kind::array:
      return write_array(tree.get_array(), out);
    case json::kind::string:
      return write_string(tree.get_string(), out);
    // Boost.JSON would write 0.5 as 5E-1, which is JSON but surprises readers.
    case json::kind::double_:
      return write_number(tree.get_double(), out);
    case json::kind::int64:
      return write_number(tree.get_int64(), out);
    case json::kind::uint64:
      return write_number(tree.get_uint64(), out);
    case json::kind::bool_:
      return out.content(tree.get_bool() ? "true" : "false");
    case json::kind::null:
      return out.content("null");
  }
}

}  // namespace dispatch
