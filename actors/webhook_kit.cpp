#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/app_kit.hpp"
#include "core/digest.hpp"
#include "transport/files/regular_file.hpp"
#include "transport/providers/webhook/webhook_adapter.hpp"
#include "transport/providers/webhook/webhook_headers.hpp"
#include "transport/providers/webhook/webhook_keys.hpp"

namespace dispatch {
namespace {

// Node's servers close a connection of HTTP/1.1 after 5 s: a request that meets that close has an unknown
// outcome.
constexpr std::chrono::seconds idle_timeout{4};

}  // namespace

app_kit_result make_kit(const webhook_app& app, const std::shared_ptr<io_thread>& thread, wall_clock wall) {
  const auto key = "webhook." + app.app + (app.secret.empty() ? ".secret_file: " : ".secret: ");
  const auto tried = try_connection("webhook." + app.app + '.', app.ca_file);
  if (!tried.wrong.empty()) return tried.wrong;
  std::variant<std::string, file_problem> read = app.secret;
  if (app.secret.empty()) read = read_file(app.secret_file, max_key_file_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) return key + wrong->message;
  const auto& text = std::get<std::string>(read);
  auto parsed = parse_webhook_secrets(text);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) return key + *wrong;
  app_kit kit;
  kit.keys = std::make_shared<webhook_keys>(std::get<std::vector<webhook_secret>>(std::move(parsed)));
  kit.adapter = make_webhook_adapter(
      {.keys = kit.keys, .type = app.type, .allow_http = app.allow_http, .now = std::move(wall)});
  kit.fingerprint = to_hex(sha256(text));
  kit.make_credential = [](const std::string&) { return make_webhook_headers(); };
  auto pool = strangers_pool_of(app, app.allow_addresses);
  pool.allow_http = app.allow_http;
  pool.idle_timeout = idle_timeout;
  kit.open = open_over_http2(thread, std::move(pool));
  return kit;
}

}  // namespace dispatch
