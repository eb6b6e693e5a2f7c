#include "transport/providers/service_account.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "transport/providers/answer/answer_json.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::size_t max_file_bytes = 65'536;
constexpr std::size_t max_field_bytes = 16'384;
constexpr std::string_view default_token_uri = "https://oauth2.googleapis.com/token";

service_account_error wrong(std::string_view field, std::string_view what) {
  return {"service account: \"" + std::string(field) + "\" " + std::string(what)};
}

}  // namespace

std::variant<service_account, service_account_error> parse_service_account(std::string_view text) {
  if (text.size() > max_file_bytes) return service_account_error{"service account: longer than 64 KiB"};
  json::error_code error;
  const auto parsed = json::parse(text, error);
  const auto* root = error ? nullptr : parsed.if_object();
  if (!root) return service_account_error{"service account: not a JSON object"};
  if (string_in(root, "type") != "service_account") return wrong("type", "is not \"service_account\"");

  service_account made;
  const struct {
    std::string_view name;
    std::string& into;
    bool required;
  } fields[] = {{"project_id", made.project_id, true},
                {"private_key_id", made.private_key_id, true},
                {"private_key", made.private_key, true},
                {"client_email", made.client_email, true},
                {"token_uri", made.token_uri, false}};
  for (const auto& field : fields) {
    const auto* member = root->if_contains(field.name);
    if (!member && !field.required) continue;
    if (!member) return wrong(field.name, "is missing");
    const auto value = string_in(root, field.name);
    if (value.empty()) return wrong(field.name, "is not a text or is empty");
    if (value.size() > max_field_bytes) return wrong(field.name, "is too long");
    field.into = value;
  }
  if (made.token_uri.empty()) made.token_uri = default_token_uri;
  if (!made.token_uri.starts_with("https://")) return wrong("token_uri", "is not an https address");
  return made;
}

}  // namespace dispatch
