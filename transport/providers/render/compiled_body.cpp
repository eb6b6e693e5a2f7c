#include "transport/providers/render/compiled_body.hpp"

#include <charconv>
#include <utility>

namespace dispatch {
namespace {

void append_number(std::string& out, std::int64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_value(std::string& out, mark what, const recipient& who, const render_values& values) {
  switch (what) {
    case mark::dedupe_key:
      out.append(values.dedupe);
      return;
    case mark::ttl_duration:
      append_number(out, values.ttl_seconds);
      out.push_back('s');
      return;
    case mark::ttl_seconds:
      append_number(out, values.ttl_seconds);
      return;
    case mark::topic:
      append_json_escaped(out, values.topic);
      return;
    case mark::collapse_id:
      append_json_escaped(out, values.collapse_id);
      return;
    case mark::timestamp:
      out.append(values.timestamp);
      return;
    case mark::recipient_id:
      append_json_escaped(out, who.id);
      return;
  }
}

}  // namespace

void compiled_body::frame(std::string_view json) {
  open_.append_literal(json);
  frame_bytes_ += json.size();
}

void compiled_body::content(std::string_view json) {
  open_.append_literal(json);
}

void compiled_body::text(std::string_view value) {
  open_.append_text(value);
}

void compiled_body::plain_text(std::string_view value) {
  open_.append_plain_text(value);
}

void compiled_body::hole(mark what) {
  if (what == mark::dedupe_key) {
    open_.append_hole(body_template::hole::dedupe_key);
    return;
  }
  segments_.push_back({std::exchange(open_, {}), what, true});
}

void compiled_body::seal() {
  segments_.push_back({std::exchange(open_, {}), mark::dedupe_key, false});
}

std::size_t compiled_body::expected_bytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& part : segments_) sum += part.body.expected_bytes();
  return sum;
}

fill_status compiled_body::render(const job& source, const recipient& who, const render_values& values,
                                  std::size_t max_bytes, std::string& out, std::string_view& missing) const {
  const auto before = out.size(), last = before + max_bytes;
  auto status = fill_status::ok;
  for (const auto& part : segments_) {
    status = part.body.render(source, who, values.dedupe, last - out.size(), out, missing);
    if (status == fill_status::ok && part.has_mark) append_value(out, part.after, who, values);
    if (status == fill_status::ok && out.size() > last) status = fill_status::too_large;
    if (status == fill_status::ok) continue;
    out.resize(before);
    break;
  }
  return status;
}

}  // namespace dispatch
