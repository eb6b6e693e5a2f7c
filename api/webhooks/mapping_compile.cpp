#include <optional>
#include <utility>

#include "api/json/strict_json.hpp"
#include "api/webhooks/mapping_node.hpp"

namespace dispatch {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// What stands between the braces as a pointer; nullopt for a job's own {{variable}}.
std::optional<payload_pointer> parse_placeholder(std::string_view inside) {
  while (inside.starts_with(' ')) inside.remove_prefix(1);
  while (inside.ends_with(' ')) inside.remove_suffix(1);
  const bool of_element = inside == "." || inside.starts_with("./");
  if (of_element) inside.remove_prefix(1);
  if (!of_element && !inside.starts_with('/')) return std::nullopt;
  if (!is_json_pointer(inside)) return std::nullopt;
  return payload_pointer{of_element, std::string(inside)};
}

mapping_node compile_string(std::string_view text) {
  mapping_node made;
  made.what = mapping_node::kind::string;
  std::string literal;
  while (!text.empty()) {
    const auto open = text.find("{{");
    const auto close = open == text.npos ? text.npos : text.find("}}", open);
    if (close == text.npos) break;
    const auto pointer = parse_placeholder(text.substr(open + 2, close - open - 2));
    // Not one of ours: what follows the braces may still begin one.
    const auto end = pointer ? open : open + 1;
    literal += text.substr(0, end);
    if (pointer) made.pieces.push_back({std::exchange(literal, {}), *pointer});
    text.remove_prefix(pointer ? close + 2 : end);
  }
  made.text = literal.append(text);
  return made;
}

class compiler {
 public:
  explicit compiler(bool in_each) : in_each_(in_each) {}

  bool compile(element value, mapping_node& out) {
    if (value.is_object()) {
      const object members(value);
      if (members.size() > 0 && (*members.begin()).key.starts_with('$')) return copy(members, out);
      return compile_object(members, out);
    }
    if (value.is_array()) return compile_array(simdjson::dom::array(value), out);
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
      out = compile_string(text);
      for (const auto& piece : out.pieces)
        if (piece.pointer.of_element && !in_each_)
          return fail("{{.}} and {{./…}} have a meaning only inside \"$each\"");
      return true;
    }
    out.text = simdjson::minify(value);
    return true;
  }

  mapping_error& error() noexcept { return error_; }

 private:
  bool fail(std::string message) {
    error_ = {"", std::move(message)};
    return false;
  }
  bool within(std::string_view step) {
    error_.pointer.insert(0, pointer_step(step));
    return false;
  }

  bool compile_object(object members, mapping_node& out) {
    out.what = mapping_node::kind::object;
    for (const auto [key, value] : members) {
      if (key.starts_with('$')) {
        fail("must be the first member: nothing stands beside \"$from\", \"$each\" and \"$default\"");
        return within(key);
      }
      auto& [name, node] = out.members.emplace_back(mapping_member{std::string(key), {}});
      if (!compile(value, node)) return within(key);
    }
    return true;
  }

  bool compile_array(simdjson::dom::array values, mapping_node& out) {
    out.what = mapping_node::kind::array;
    for (const auto value : values)
      if (!compile(value, out.elements.emplace_back()))
        return within(std::to_string(out.elements.size() - 1));
    return true;
  }

  bool copy(object members, mapping_node& out) {
    out.what = mapping_node::kind::copy;
    for (const auto [key, value] : members)
      if (!copy_member(key, value, out)) return within(key);
    if (members["$from"].error() != simdjson::SUCCESS) return fail("\"$from\" is missing");
    return true;
  }

  bool copy_member(std::string_view key, element value, mapping_node& out) {
    if (key == "$from") return from(value, out.from);
    if (key == "$default") return compile(value, *(out.otherwise = std::make_unique<mapping_node>()));
    if (key != "$each") return fail("unknown: there are \"$from\", \"$each\" and \"$default\"");
    compiler inner(true);
    if (inner.compile(value, *(out.each = std::make_unique<mapping_node>()))) return true;
    error_ = std::move(inner.error());
    return false;
  }

  bool from(element value, payload_pointer& out) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return fail("must be a JSON Pointer");
    // "" alone is the whole payload.
    auto pointer = text.empty() ? payload_pointer() : parse_placeholder(text);
    if (!pointer) return fail("must be a JSON Pointer: \"\", \"/…\", or \"./…\" inside \"$each\"");
    if (pointer->of_element && !in_each_) return fail("\"./…\" has a meaning only inside \"$each\"");
    out = *std::move(pointer);
    return true;
  }

  bool in_each_;
  mapping_error error_;
};

}  // namespace

bool is_json_pointer(std::string_view text) noexcept {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != text.npos; at = text.find('~', at + 1))
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  return true;
}

std::string pointer_step(std::string_view key) {
  std::string out = "/";
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::variant<mapping_node, mapping_error> compile_node(element value, bool in_each) {
  compiler made(in_each);
  mapping_node out;
  if (!made.compile(value, out)) return std::move(made.error());
  return out;
}

}  // namespace dispatch
