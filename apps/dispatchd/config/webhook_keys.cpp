#include "apps/dispatchd/config/connection_keys.hpp"
#include "core/job/reserved_types.hpp"
#include "transport/providers/webhook/webhook_adapter.hpp"

namespace dispatch::config {
namespace {

using namespace std::chrono_literals;
using entry = webhook_app;

constexpr std::size_t most_retries = 100;

std::string read_schedule(const raw_value& raw, std::vector<std::chrono::milliseconds>& out) {
  std::vector<std::string> texts;
  if (auto wrong = read_list(raw, texts); !wrong.empty()) return wrong;
  if (texts.size() > most_retries) return "has more than " + std::to_string(most_retries) + " waits";
  std::vector<std::chrono::milliseconds> waits;
  for (const auto& each : texts)
    if (auto wrong = read_duration({each}, 1ms, 24h * 7, waits.emplace_back()); !wrong.empty()) return wrong;
  out = std::move(waits);
  return {};
}

std::string print_schedule(const std::vector<std::chrono::milliseconds>& waits) {
  std::string out;
  for (const auto each : waits) out.append(out.empty() ? "" : ", ").append(print_duration(each));
  return "[" + out + "]";
}

key<entry> schedule_key() {
  key<entry> made{"schedule", "durations, 1ms to 168h",
                  "Waits after the first, second, ... attempt, plus up to a tenth; [retry] is not used."};
  made.set = [](entry& app, const raw_value& raw) { return read_schedule(raw, app.schedule); };
  made.get = [](const entry& app) { return print_schedule(app.schedule); };
  made.copy = [](entry& to, const entry& from) { to.schedule = from.schedule; };
  return made;
}

std::vector<key<entry>> make_keys() {
  std::vector<key<entry>> all;
  all.push_back(live(file<entry>(
      "secret_file",
      "whsec_ secrets to sign with, one a line, two at most (dispatchctl key new --type hmac); required.",
      PLACE(secret_file))));
  all.push_back(live(environment_only<entry>("secret", "Instead of secret_file.", PLACE(secret))));
  all.push_back(text<entry>("type", "words of [A-Za-z0-9_-] with dots between them",
                            "The event's type, unless overrides.webhook says another.", PLACE(type),
                            [](const std::string& value) -> std::string {
                              if (is_reserved_webhook_type(value)) return "is one that only the engine sends";
                              return is_webhook_type(value)
                                         ? ""
                                         : "must be words of [A-Za-z0-9_-] with dots between them";
                            }));
  all.push_back(flag<entry>("allow_http", "http:// URLs too, in the clear.", PLACE(allow_http)));
  all.push_back(list<entry>("allow_addresses", "addresses or CIDR",
                            "What may be connected to although it is not public.", PLACE(allow_addresses),
                            network_problem));
  all.push_back(live(schedule_key()));
  add_connection_keys(all, true);
  return all;
}

}  // namespace

const std::vector<key<webhook_app>>& webhook_keys() {
  static const auto all = make_keys();
  return all;
}

}  // namespace dispatch::config
