#include "apps/dispatchd/config/check.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "actors/app_trial.hpp"
#include "actors/redis_connection.hpp"
#include "api/address_list.hpp"
#include "api/config/ingest_tables.hpp"
#include "apps/dispatchd/config/config.hpp"
#include "apps/dispatchd/config/registry.hpp"
#include "transport/crypto/client_identity.hpp"
#include "transport/files/regular_file.hpp"
#include "transport/http/server.hpp"
#include "transport/smtp/mail_endpoint.hpp"
#include "transport/url.hpp"

namespace dispatch::config {
namespace {

/// As the alert DispatchCertificateEnds has it.
constexpr std::chrono::hours certificate_warning{14 * 24};

std::string unquoted_value(std::string toml) {
  return toml.size() >= 2 ? toml.substr(1, toml.size() - 2) : std::string();
}

class checker {
 public:
  checker(const std::string& path, config_result& result, bool insecure_dev)
      : path_(path), result_(result), insecure_dev_(insecure_dev) {}

  void all() {
    orders();
    admin();
    redis();
    log_file();
    if (const auto at = result_.origins.find("redis.url");
        at != result_.origins.end() && at->second.line > 0 && holds_password(result_.settings.redis.url))
      warning("redis.url", "holds a password: put it into redis.password_file or DISPATCHD_REDIS__URL");
    for (auto& app : result_.settings.fcm) fcm(app);
    for (auto& app : result_.settings.apns) apns(app);
    for (const auto& app : result_.settings.smtp) smtp(app);
    for (auto& app : result_.settings.webpush) webpush(app);
    for (const auto& app : result_.settings.webhook) webhook(app);
    platforms();
    tenants();
    ingestion();
    http();
  }

 private:
  /// The key's place, else that of its section, else the beginning of the file.
  config_place place_of(std::string key) const {
    for (;;) {
      if (const auto found = result_.origins.find(key); found != result_.origins.end()) return found->second;
      const auto dot = key.rfind('.');
      if (dot == std::string::npos) break;
      key.resize(dot);
    }
    return path_.empty() ? config_place{"default", 0, 0} : config_place{path_, 1, 1};
  }
  void error(const std::string& key, std::string message) {
    result_.errors.push_back({place_of(key), key, std::move(message)});
  }
  void warning(const std::string& key, std::string message) {
    result_.warnings.push_back({place_of(key), key, std::move(message)});
  }

  /// What comes of [redis] at a start.
  void redis() {
    const auto before = result_.errors.size();
    files(result_.settings, setting_keys(), "");
    if (result_.errors.size() > before) return;
    try {
      redis_options_of(result_.settings);
    } catch (const redis_setting_error& wrong) {
      const std::string_view text = wrong.what();
      error(wrong.key, std::string(text.substr(wrong.key.size() + 2)));
    }
  }

  void log_file() {
    const auto& file = result_.settings.log.file;
    if (file.empty()) return;
    if (auto wrong = why_unwritable(file); !wrong.empty()) error("log.file", std::move(wrong));
  }

  /// By making what a start makes: a key that is none, names that do not fit, certificates that are none.
  /// Once nothing simpler is wrong with the section.
  template <class App>
  void try_out(const App& app, std::size_t errors_before) {
    if (result_.errors.size() > errors_before) return;
    if (!trial_) trial_.emplace();
    if (auto wrong = trial_->of(app)) error(wrong->key, std::move(wrong->message));
  }

  template <class Object>
  void files(const Object& object, const std::vector<key<Object>>& keys, const std::string& prefix) {
    for (const auto& each : keys) {
      if (!each.file) continue;
      const auto file = unquoted_value(each.get(object));
      if (file.empty()) continue;
      if (auto wrong = why_unreadable(file); !wrong.empty()) error(prefix + each.name, std::move(wrong));
    }
  }

  void orders() {
    const auto& all = result_.settings;
    if (all.retry.cap < all.retry.base) error("retry.cap", "must not be less than retry.base");
    if (all.breaker.open_for_max < all.breaker.open_for)
      error("breaker.open_for_max", "must not be less than breaker.open_for");
    if (all.breaker.failures > all.breaker.sample && all.breaker.min_failure_ratio > 0)
      warning("breaker.sample",
              "is less than breaker.failures: the share is taken over fewer answers than fail");
    for (std::size_t at = 0; at < all.lanes.weights.size(); ++at)
      if (at > 0 && all.lanes.weights[at] > all.lanes.weights[at - 1])
        warning("lanes", "a lower lane has more weight than the one above it");
  }

  void admin() {
    const auto address = listen_address::parse(result_.settings.admin.listen);
    if (address && !address->address.is_loopback())
      error("admin.listen", "must be a loopback address: the admin side has no authentication");
  }

  void required(const std::string& key, const std::string& value) {
    if (value.empty()) error(key, "is required");
  }

  void fcm(fcm_app& app) {
    const auto prefix = "fcm." + app.app + '.';
    const auto before = result_.errors.size();
    required(prefix + "service_account_file", app.service_account_file);
    files(app, fcm_keys(), prefix);
    burst(prefix, app);
    try_out(app, before);
  }

  void apns(apns_app& app) {
    const auto prefix = "apns." + app.app + '.';
    const auto before = result_.errors.size();
    if (!result_.origins.contains(prefix + "endpoint") && app.environment == "sandbox")
      app.endpoint = "https://api.sandbox.push.apple.com";
    if (app.certificate_file.empty()) {
      required(prefix + "key_file", app.key_file);
      required(prefix + "key_id", app.key_id);
      required(prefix + "team_id", app.team_id);
      if (!app.certificate_password_file.empty())
        error(prefix + "certificate_password_file", "has no effect without certificate_file");
    } else if (!app.key_file.empty() || !app.key_id.empty() || !app.team_id.empty()) {
      error(prefix + "certificate_file", "stands beside key_file, key_id or team_id: a key or a certificate");
    }
    required(prefix + "topic", app.topic);
    files(app, apns_keys(), prefix);
    burst(prefix, app);
    try_out(app, before);
    if (result_.errors.size() == before && !app.certificate_file.empty())
      certificate(prefix + "certificate_file", app);
  }

  void smtp(const smtp_app& app) {
    const auto prefix = "smtp." + app.app + '.';
    const auto before = result_.errors.size();
    required(prefix + "endpoint", app.endpoint);
    required(prefix + "from", app.from);
    files(app, smtp_keys(), prefix);
    burst(prefix, app);
    const bool has_password = !app.password.empty() || !app.password_file.empty();
    if (!app.password.empty() && !app.password_file.empty())
      error(prefix + "password", "stands beside password_file: one of them");
    if (app.username.empty() == has_password)
      error(prefix + "username", "username and password_file belong together");
    protection(prefix, app);
    try_out(app, before);
  }

  void protection(const std::string& prefix, const smtp_app& app) {
    const auto parsed = smtp::parse_mail_endpoint(app.endpoint);
    const auto* server = std::get_if<smtp::mail_endpoint>(&parsed);
    if (app.tls == "required" || server == nullptr) return;
    if (!app.username.empty())
      error(prefix + "tls", "must be required with a username: nobody logs in without TLS");
    if (server->how == smtp::protection::implicit) error(prefix + "tls", "must be required with smtps://");
    if (app.tls == "none" && !server->is_loopback())
      error(prefix + "tls",
            "none is for this machine: say insecure to send mails in the clear over a network");
  }

  /// That it can be used is known.
  void certificate(const std::string& key, const apns_app& app) {
    const auto read = load_client_identity(app.certificate_file, app.certificate_password_file);
    if (std::holds_alternative<std::string>(read)) return;
    const auto left =
        std::get<client_identity_ptr>(read)->expires_at - std::chrono::system_clock::now().time_since_epoch();
    const auto days = std::chrono::duration_cast<std::chrono::hours>(left).count() / 24;
    if (left.count() <= 0)
      warning(key, "has ended: Apple will refuse it");
    else if (left < certificate_warning)
      warning(key, "ends in " + std::to_string(days) + " days");
  }

  void webpush(const webpush_app& app) {
    const auto prefix = "webpush." + app.app + '.';
    const auto before = result_.errors.size();
    required(prefix + "vapid_key_file", app.vapid_key_file);
    required(prefix + "subject", app.subject);
    files(app, webpush_keys(), prefix);
    burst(prefix, app);
    try_out(app, before);
  }

  void webhook(const webhook_app& app) {
    const auto prefix = "webhook." + app.app + '.';
    const auto before = result_.errors.size();
    if (app.secret.empty()) required(prefix + "secret_file", app.secret_file);
    if (!app.secret.empty() && !app.secret_file.empty())
      error(prefix + "secret", "stands beside secret_file: one of them");
    files(app, webhook_keys(), prefix);
    burst(prefix, app);
    try_out(app, before);
  }

  void burst(const std::string& prefix, const provider_app& app) {
    if (app.burst > 0 && app.rate <= 0) warning(prefix + "burst", "has no effect without rate");
  }

  bool has_app(provider by) const {
    const auto& all = result_.settings;
    switch (by) {
      case provider::fcm:
        return !all.fcm.empty();
      case provider::apns:
        return !all.apns.empty();
      case provider::smtp:
        return !all.smtp.empty();
      case provider::webpush:
        return !all.webpush.empty();
      case provider::webhook:
        return !all.webhook.empty();
    }
    return false;
  }

  /// A platform set to a provider that has no app cannot be meant; one left at its default may just be
  /// unused.
  void platforms() {
    for (const auto each : all_platforms) {
      const auto served_by = result_.settings.platforms.served_by[index_of(each)];
      if (!served_by) continue;
      if (has_app(*served_by)) continue;
      const auto key = "platforms." + std::string(to_string(each));
      const std::string name(to_string(*served_by));
      const auto message = "served by " + name + ", but there is no section [" + name + ".NAME]";
      if (result_.origins.contains(key))
        error(key, message);
      else
        warning(key, message + ": its recipients will end failed (no_provider)");
    }
    unused_sections();
  }

  /// Whoever wrote the section meant to send by it.
  void unused_sections() {
    const auto& serving = result_.settings.platforms.served_by;
    for (const auto each :
         {provider::fcm, provider::apns, provider::webpush, provider::smtp, provider::webhook}) {
      if (!has_app(each) || std::find(serving.begin(), serving.end(), each) != serving.end()) continue;
      const std::string name(to_string(each));
      warning("platforms", "no platform is served by " + name + ", so its sections are not used");
    }
  }

  void tenants() {
    auto& all = result_.settings.tenants;
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::set<std::string> known;
    for_each_app_section(std::as_const(result_.settings),
                         [&](std::string_view, const auto& entries, const auto&) {
                           using entry = typename std::decay_t<decltype(entries)>::value_type;
                           if constexpr (std::is_base_of_v<provider_app, entry>)
                             for (const auto& each : entries) known.insert(each.app);
                         });
    for (const auto& tenant : all) {
      const auto key = "tenants." + tenant.name + ".apps";
      if (tenant.apps.empty() && tenant.results_url.empty()) error(key, "is required");
      for (const auto& app : tenant.apps)
        if (!known.contains(app)) warning(key, "names " + app + ", which no provider has a section for");
      if (!tenant.results_url.empty()) result_receiver(tenant);
    }
  }

  /// What could never be posted is refused now: later it would only be lost.
  void result_receiver(const tenant_settings& tenant) {
    const auto& all = result_.settings;
    const auto section = "tenants." + tenant.name;
    const auto app = std::find_if(all.webhook.begin(), all.webhook.end(),
                                  [&](const auto& each) { return each.app == tenant.results_app; });
    if (app == all.webhook.end())
      return error(section + ".results_app",
                   "names " + tenant.results_app + ", but there is no [webhook." + tenant.results_app + "]");
    if (all.platforms.served_by[index_of(platform::webhook)] != provider::webhook)
      error(section + ".results_url", "needs platforms.webhook = \"webhook\"");
    const auto url = parse_web_url(tenant.results_url);
    if (url && !url->secure && !app->allow_http)
      error(section + ".results_url", "is http://, which [webhook." + app->app + "] allow_http would allow");
  }

  /// By making what a start makes: keys that do not fit together and files that are no keys show here.
  void ingestion() {
    const auto& all = result_.settings;
    for (auto& issue : make_ingest_tables(all.credentials, all.sources, all.gorush).issues)
      error(issue.key, std::move(issue.message));
  }

  void http() {
    auto& all = result_.settings;
    const bool callers = has_callers(all.credentials, all.sources, all.gorush);
    // The default, also written out, asks for nothing: without callers it stays closed.
    const bool asked_for = callers || insecure_dev_ || all.http.listen != http_settings().listen;
    all.http.open = !all.http.listen.empty() && asked_for;
    const auto address = listen_address::parse(all.http.listen);
    if (!all.http.open || !address) return;
    const bool loopback = address->address.is_loopback();
    if (!callers && !(insecure_dev_ && loopback))
      error("http.listen",
            "needs somebody who may call: [http.credentials.NAME], or --insecure-dev on a loopback address");
    certificate(all.http);
    if (!loopback && all.http.tls_certificate_file.empty())
      warning("http.listen", "is no loopback address and has no TLS: credentials travel in clear");
    const auto& origins = all.http.cors_origins;
    if (all.http.cors_credentials && std::find(origins.begin(), origins.end(), "*") != origins.end())
      error("http.cors_origins", "cannot be * with cors_credentials: name the origins");
  }

  void certificate(const http_settings& http) {
    if (http.tls_certificate_file.empty() != http.tls_key_file.empty())
      return error("http.tls_key_file", "tls_certificate_file and tls_key_file belong together");
    if (http.tls_certificate_file.empty() || !why_unreadable(http.tls_certificate_file).empty() ||
        !why_unreadable(http.tls_key_file).empty())
      return;
    try {
      read_server_certificate(http.tls_certificate_file, http.tls_key_file);
    } catch (const std::invalid_argument& wrong) {
      error("http.tls_certificate_file", wrong.what());
    }
  }

  const std::string& path_;
  config_result& result_;
  const bool insecure_dev_;
  std::optional<app_trial> trial_;  ///< with the first app
};

}  // namespace

void check(const std::string& path, config_result& result, bool insecure_dev) {
  checker(path, result, insecure_dev).all();
}

}  // namespace dispatch::config
