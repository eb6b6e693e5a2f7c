#include "transport/providers/smtp/mail_overrides.hpp"

#include <algorithm>

#include "core/job/characters.hpp"
#include "transport/providers/render/json_sink.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::size_t max_headers = 16;

bool may_set(std::string_view name) noexcept {
  return name.size() > 2 && name.size() <= 64 && (name[0] == 'X' || name[0] == 'x') && name[1] == '-' &&
         all_of(name, name_characters);
}

void read_headers(const json::value& value, mail_overrides& out) {
  if (!value.is_object() || value.get_object().size() > max_headers) {
    out.error = "overrides.email.headers is no object of at most 16 headers";
    return;
  }
  for (const auto& [name, text] : value.get_object()) {
    if (!may_set(name)) {
      out.error = "overrides.email.headers may set X-… headers only";
    } else if (text.is_string()) {
      out.headers.emplace_back(name, text.get_string());
    } else if (!text.is_null()) {
      out.error = "overrides.email.headers holds a value that is no string";
    }
  }
}

/// The member's place; null for a name that is none.
std::optional<std::string>* place_of(std::string_view name, mail_overrides& out) noexcept {
  if (name == "subject") return &out.subject;
  if (name == "text") return &out.text;
  if (name == "html") return &out.html;
  if (name == "from") return &out.from;
  if (name == "reply_to") return &out.reply_to;
  if (name == "list_unsubscribe") return &out.list_unsubscribe;
  return nullptr;
}

}  // namespace

mail_overrides parse_mail_overrides(std::string_view text) {
  mail_overrides out;
  if (text.empty()) return out;
  const auto members = parse_overrides(text);
  if (!members) {
    out.error = "overrides.email cannot be read";
    return out;
  }
  for (const auto& [name, value] : *members) {
    if (name == "headers") {
      if (!value.is_null()) read_headers(value, out);
      continue;
    }
    auto* const place = place_of(name, out);
    if (place == nullptr) {
      out.error =
          "overrides.email may hold subject, text, html, from, reply_to, headers and list_unsubscribe only";
    } else if (value.is_string()) {
      place->emplace(value.get_string());
    } else if (value.is_null()) {
      // Null removes: the two that configuration may bring are taken away by an empty text.
      if (name == "reply_to" || name == "list_unsubscribe") place->emplace();
    } else {
      out.error.assign("overrides.email.").append(name).append(" is no string");
    }
  }
  return out;
}

}  // namespace dispatch
