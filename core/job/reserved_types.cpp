#include "core/job/reserved_types.hpp"

#include <simdjson.h>

#include <algorithm>

#include "core/job/json_text.hpp"

namespace dispatch {

bool is_reserved_webhook_type(std::string_view type) noexcept {
  return std::find(reserved_webhook_types.begin(), reserved_webhook_types.end(), type) !=
         reserved_webhook_types.end();
}

bool claims_reserved_type(const job& what) {
  if (what.overrides.webhook.empty()) return false;
  const auto raw = json_text::member(what.overrides.webhook, "type");
  if (!raw.starts_with('"')) return false;
  if (raw.find('\\') == std::string_view::npos)
    return is_reserved_webhook_type(raw.substr(1, raw.size() - 2));
  // Nobody writes "job\u002ecompleted", but it is the same.
  simdjson::dom::parser parser;
  std::string_view plain;
  return parser.parse(simdjson::padded_string(raw)).get_string().get(plain) == simdjson::SUCCESS &&
         is_reserved_webhook_type(plain);
}

}  // namespace dispatch
