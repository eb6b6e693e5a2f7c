#include "api/webhooks/mapping.hpp"

#include <algorithm>
#include <optional>

#include "api/json/strict_json.hpp"
#include "api/webhooks/header_name.hpp"
#include "api/webhooks/mapping_node.hpp"

namespace dispatch {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t max_mapping_bytes = 65'536;
constexpr std::size_t max_conditions = 32;

bool is_scalar(element value) noexcept {
  return !value.is_object() && !value.is_array();
}

/// JSON in one form, so that equal values are equal texts.
std::string json_text(element value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return simdjson::minify(value);
  std::string out;
  append_json_string(out, text);
  return out;
}

/// Reads one line of "when"; `wrong` says what is the matter.
class condition_reader {
 public:
  bool read(element value, mapping_condition& out) {
    object members;
    if (value.get_object().get(members) != simdjson::SUCCESS) return fail("", "must be an object");
    for (const auto [key, member] : members)
      if (!read_member(key, member, out)) return false;
    if (out.pointer.empty() == out.header.empty()) return fail("", "needs either \"pointer\" or \"header\"");
    if (tests_ != 1) return fail("", "needs one of \"equals\", \"in\" and \"exists\"");
    return true;
  }

  mapping_error error;

 private:
  bool fail(std::string_view key, std::string message) {
    error = {key.empty() ? std::string() : pointer_step(key), std::move(message)};
    return false;
  }

  bool read_member(std::string_view key, element value, mapping_condition& out) {
    if (key == "pointer") {
      if (!text(value, out.pointer) || out.pointer.empty() || !is_json_pointer(out.pointer))
        return fail(key, "must be a JSON Pointer");
      return true;
    }
    if (key == "header") {
      if (!text(value, out.header) || out.header.empty()) return fail(key, "must be a header's name");
      out.header = header_name(out.header);
      return true;
    }
    ++tests_;
    if (key == "exists")
      return value.get_bool().get(out.exists) == simdjson::SUCCESS || fail(key, "must be true or false");
    if (key == "equals") return add(key, value, out);
    if (key != "in") return fail(key, "unknown field");
    simdjson::dom::array several;
    if (value.get_array().get(several) != simdjson::SUCCESS || several.size() == 0)
      return fail(key, "must be an array of values");
    return std::all_of(several.begin(), several.end(), [&](element each) { return add(key, each, out); });
  }

  bool add(std::string_view key, element value, mapping_condition& out) {
    if (!is_scalar(value)) return fail(key, "must be a text, a number, true, false or null");
    out.any_of.push_back(json_text(value));
    return true;
  }

  static bool text(element value, std::string& out) {
    std::string_view found;
    if (value.get_string().get(found) != simdjson::SUCCESS) return false;
    out = found;
    return true;
  }

  int tests_ = 0;
};

std::optional<mapping_error> read_conditions(element value, std::vector<mapping_condition>& out) {
  simdjson::dom::array lines;
  if (value.get_array().get(lines) != simdjson::SUCCESS) return mapping_error{"/when", "must be an array"};
  if (lines.size() > max_conditions) return mapping_error{"/when", "more than 32 conditions"};
  for (const auto line : lines) {
    condition_reader reader;
    if (reader.read(line, out.emplace_back())) continue;
    const auto place = "/when/" + std::to_string(out.size() - 1);
    return mapping_error{place + reader.error.pointer, std::move(reader.error.message)};
  }
  return std::nullopt;
}

std::optional<mapping_error> read_job(element value, mapping_node& out) {
  auto compiled = compile_node(value, false);
  if (auto* wrong = std::get_if<mapping_error>(&compiled))
    return mapping_error{"/job" + wrong->pointer, std::move(wrong->message)};
  out = std::get<mapping_node>(std::move(compiled));
  if (out.what != mapping_node::kind::object) return mapping_error{"/job", "must be an object"};
  for (const auto& [name, member] : out.members)
    if (name == "id" || name == "tenant")
      return mapping_error{"/job/" + name, "is set from the source's configuration"};
  return std::nullopt;
}

bool holds(const mapping_condition& condition, const http_request& request, element payload) {
  std::string found;
  bool there = false;
  if (!condition.header.empty()) {
    const auto value = request.header(condition.header);
    there = !value.empty();
    append_json_string(found, value);
  } else {
    element value;
    there = payload.at_pointer(condition.pointer).get(value) == simdjson::SUCCESS;
    if (there && is_scalar(value)) found = json_text(value);
  }
  if (condition.any_of.empty()) return there == condition.exists;
  return there &&
         std::find(condition.any_of.begin(), condition.any_of.end(), found) != condition.any_of.end();
}

}  // namespace

webhook_mapping::webhook_mapping() : job_(std::make_unique<mapping_node>()) {}
webhook_mapping::webhook_mapping(webhook_mapping&&) noexcept = default;
webhook_mapping& webhook_mapping::operator=(webhook_mapping&&) noexcept = default;
webhook_mapping::~webhook_mapping() = default;

std::variant<webhook_mapping, mapping_error> webhook_mapping::compile(std::string_view json) {
  if (json.size() > max_mapping_bytes) return mapping_error{"", "is larger than 64 KiB"};
  const auto parsed = strict_json::parse(json);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) return mapping_error{"", *wrong};
  object members;
  if (std::get<strict_json>(parsed).root().get(members) != simdjson::SUCCESS)
    return mapping_error{"", "must be an object"};

  webhook_mapping made;
  bool has_job = false;
  for (const auto [key, value] : members) {
    std::optional<mapping_error> wrong;
    if (key == "when") {
      wrong = read_conditions(value, made.when_);
    } else if (key == "job") {
      has_job = true;
      wrong = read_job(value, *made.job_);
    } else {
      wrong = mapping_error{pointer_step(key), "unknown field"};
    }
    if (wrong) return *std::move(wrong);
  }
  if (!has_job) return mapping_error{"/job", "is required"};
  return made;
}

bool webhook_mapping::wants(const http_request& request, element payload) const {
  return std::all_of(when_.begin(), when_.end(),
                     [&](const auto& condition) { return holds(condition, request, payload); });
}

}  // namespace dispatch
