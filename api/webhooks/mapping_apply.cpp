#include <optional>
#include <tuple>
#include <utility>

#include "api/json/strict_json.hpp"
#include "api/json/text_guard.hpp"
#include "api/webhooks/mapping_node.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

using simdjson::dom::element;

constexpr std::size_t max_document_bytes = 4u << 20;
constexpr std::string_view too_large = "the job would be larger than 4 MiB";

/// The names of a text's {{variables}}, in order.
std::vector<std::string_view> variables_of(std::string_view text) {
  std::vector<std::string_view> names;
  for (auto found = find_placeholder(text); found; found = find_placeholder(text, found->end))
    names.push_back(found->name);
  return names;
}

/// How a value stands inside a text; nullopt for objects, arrays and null.
std::optional<std::string> plain_text(element value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  if (value.is_object() || value.is_array() || value.is_null()) return std::nullopt;
  return simdjson::minify(value);
}

/// One payload on its way into a job. Every step returns false on failure, with `error` set.
class renderer {
 public:
  explicit renderer(element payload) : payload_(payload) {}

  std::string out;
  text_guard guard;
  mapping_error error;

  /// In a guarded place foreign text must not become a template.
  bool render(const mapping_node& node, bool guarded) {
    if (out.size() > max_document_bytes) return fail("", std::string(too_large));
    switch (node.what) {
      case mapping_node::kind::json:
        out += node.text;
        return true;
      case mapping_node::kind::string:
        return string(node, guarded);
      case mapping_node::kind::object:
        return object(node, guarded);
      case mapping_node::kind::array:
        return array(node.elements, guarded);
      case mapping_node::kind::copy:
        break;
    }
    return copy(node, guarded);
  }

 private:
  struct found {
    std::optional<element> value;  ///< nullopt: missing, or null
    std::string pointer;           ///< whole, for messages
  };

  bool fail(std::string pointer, std::string message) {
    error = {std::move(pointer), std::move(message)};
    return false;
  }

  found look_up(const payload_pointer& pointer) const {
    found result{std::nullopt, pointer.of_element ? element_pointer_ + pointer.path : pointer.path};
    element value;
    const auto from = pointer.of_element ? element_ : payload_;
    if (from.at_pointer(pointer.path).get(value) == simdjson::SUCCESS && !value.is_null())
      result.value = value;
    return result;
  }

  bool string(const mapping_node& node, bool guarded) {
    std::vector<std::string> values;
    std::size_t bytes = 0;
    for (const auto& piece : node.pieces) {
      auto got = look_up(piece.pointer);
      if (!got.value) return fail(std::move(got.pointer), "is missing in the payload");
      auto text = plain_text(*got.value);
      if (!text) return fail(std::move(got.pointer), "is neither text nor number");
      bytes += text->size();
      if (bytes > max_document_bytes) return fail("", std::string(too_large));
      values.push_back(*std::move(text));
    }
    auto text = joined(node, values);
    if (guarded && !values.empty() &&
        variables_of(text) != variables_of(joined(node, std::vector<std::string>(values.size(), "\x01")))) {
      for (auto& value : values) value = guard.as_variable(value);
      text = joined(node, values);
    }
    append_json_string(out, text);
    return true;
  }

  static std::string joined(const mapping_node& node, const std::vector<std::string>& values) {
    std::string text;
    for (std::size_t at = 0; at < values.size(); ++at) text.append(node.pieces[at].before).append(values[at]);
    return text += node.text;
  }

  /// A member whose value comes out as null is left out: jobs know no null, and it is how a field is
  /// optional.
  bool object(const mapping_node& node, bool guarded) {
    out += '{';
    bool first = true;
    for (const auto& [name, member] : node.members) {
      const auto before = out.size();
      if (!first) out += ',';
      append_json_string(out, name);
      out += ':';
      const auto value_at = out.size();
      if (!render(member, guarded)) return false;
      if (std::string_view(out).substr(value_at) == "null")
        out.resize(before);
      else
        first = false;
    }
    out += '}';
    return true;
  }

  bool array(const std::vector<mapping_node>& elements, bool guarded) {
    out += '[';
    for (std::size_t at = 0; at < elements.size(); ++at) {
      if (at > 0) out += ',';
      if (!render(elements[at], guarded)) return false;
    }
    out += ']';
    return true;
  }

  bool copy(const mapping_node& node, bool guarded) {
    auto got = look_up(node.from);
    if (!got.value) {
      if (node.otherwise) return render(*node.otherwise, guarded);
      return fail(std::move(got.pointer), "is missing in the payload");
    }
    if (!node.each) return append(*got.value, guarded);
    simdjson::dom::array several;
    if (got.value->get_array().get(several) != simdjson::SUCCESS)
      return fail(std::move(got.pointer), "is no array");
    return each(several, *node.each, guarded, got.pointer);
  }

  bool each(simdjson::dom::array several, const mapping_node& node, bool guarded,
            const std::string& pointer) {
    const auto outer = std::pair(element_, element_pointer_);
    out += '[';
    std::size_t at = 0;
    for (const auto value : several) {
      if (at > 0) out += ',';
      element_ = value;
      element_pointer_ = pointer + '/' + std::to_string(at++);
      if (!render(node, guarded)) return false;
    }
    out += ']';
    std::tie(element_, element_pointer_) = outer;
    return true;
  }

  bool append(element value, bool guarded) {
    out += guarded ? guard.guarded_json(value) : simdjson::minify(value);
    return out.size() <= max_document_bytes || fail("", std::string(too_large));
  }

  element payload_, element_;
  std::string element_pointer_;
};

/// Only in these does the engine look for {{variables}}.
bool holds_templates(std::string_view member) noexcept {
  return member == "message" || member == "overrides" || member == "collapse_key";
}

}  // namespace

std::variant<std::string, mapping_error> webhook_mapping::apply(element payload, std::string_view tenant,
                                                                std::string_view id) const {
  std::string document = "{\"tenant\":";
  append_json_string(document, tenant);
  document += ",\"id\":";
  append_json_string(document, id);
  std::string recipients;
  renderer made(payload);
  for (const auto& [name, node] : job_->members) {
    made.out.clear();
    if (!made.render(node, holds_templates(name))) return std::move(made.error);
    if (made.out == "null") continue;
    if (name == "recipients") {
      recipients = std::move(made.out);
      continue;
    }
    document += ',';
    append_json_string(document, name);
    document += ':';
    document += made.out;
  }
  if (!made.guard.empty()) {
    if (recipients.empty())
      return mapping_error{"", "the message holds {{…}} from the payload, which needs recipients to go with"};
    auto given = made.guard.give_to(recipients, max_document_bytes);
    if (!given) return mapping_error{"", std::string(too_large)};
    recipients = *std::move(given);
  }
  if (!recipients.empty()) document.append(",\"recipients\":").append(recipients);
  document += '}';
  if (document.size() > max_document_bytes) return mapping_error{"", std::string(too_large)};
  return document;
}

}  // namespace dispatch
