#include "actors/credentials.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "core/digest.hpp"
#include "transport/crypto/client_identity.hpp"
#include "transport/files/regular_file.hpp"
#include "transport/providers/apns_credential.hpp"
#include "transport/providers/certificate_credential.hpp"
#include "transport/providers/fcm_credential.hpp"
#include "transport/providers/webpush/vapid_credential.hpp"

namespace dispatch {
namespace {

wall_clock or_machine(wall_clock wall) {
  if (wall) return wall;
  return [] {
    return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
  };
}

std::string fingerprint_of(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) all.append(std::to_string(part.size())).append(":").append(part);
  return to_hex(sha256(all));
}

/// "apns: key_id is no …" is "key_id: is no …"; of anything else the file is to blame.
std::string with_key(std::string_view wrong) {
  constexpr std::string_view who = "apns: ";
  if (wrong.starts_with(who)) wrong.remove_prefix(who.size());
  for (const std::string_view key : {"key_id", "team_id"})
    if (wrong.starts_with(key)) return std::string(key) + ':' + std::string(wrong.substr(key.size()));
  return "key_file: " + std::string(wrong);
}

credential_result load_certificate_credential(const apns_app& app, io_thread& thread) {
  auto read = load_client_identity(app.certificate_file, app.certificate_password_file);
  if (auto* wrong = std::get_if<std::string>(&read))
    return "apns." + app.app + ".certificate_file: " + *wrong;
  const auto identity = std::get<client_identity_ptr>(std::move(read));
  credential_source source;
  source.fingerprint = identity->fingerprint;
  source.make = [on = &thread, identity] { return make_certificate_credential(identity, timer_on(*on)); };
  return source;
}

}  // namespace

credential_result load_credential(const fcm_app& app, io_thread& thread, wall_clock wall) {
  const auto key = "fcm." + app.app + ".service_account_file: ";
  const auto read = read_file(app.service_account_file, max_key_file_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) return key + wrong->message;
  const auto& text = std::get<std::string>(read);
  auto parsed = parse_service_account(text);
  if (auto* wrong = std::get_if<service_account_error>(&parsed)) return key + wrong->message;
  auto account = std::get<service_account>(std::move(parsed));
  fcm_credential_options how;
  how.now = or_machine(std::move(wall));
  how.ca_file = app.token_ca_file.empty() ? app.ca_file : app.token_ca_file;
  auto trial = make_fcm_credential(fcm_credential_world{how.now, {}, {}}, account, how);
  if (auto* wrong = std::get_if<std::string>(&trial)) return key + *wrong;
  credential_source source;
  source.fingerprint = fingerprint_of({text});
  source.project = app.project_id.empty() ? account.project_id : app.project_id;
  source.make = [on = &thread, account, how] {
    return std::get<std::unique_ptr<credential>>(make_fcm_credential(*on, account, how));
  };
  return source;
}

credential_result load_credential(const apns_app& app, io_thread& thread, wall_clock wall) {
  if (!app.certificate_file.empty()) return load_certificate_credential(app, thread);
  const auto prefix = "apns." + app.app + '.';
  const auto read = read_file(app.key_file, max_key_file_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) return prefix + "key_file: " + wrong->message;
  const auto& pem = std::get<std::string>(read);
  auto made = apns_token_source::make({pem, app.key_id, app.team_id}, or_machine(std::move(wall)));
  if (const auto* wrong = std::get_if<std::string>(&made)) return prefix + with_key(*wrong);
  credential_source source;
  source.fingerprint = fingerprint_of({pem, app.key_id, app.team_id});
  source.make = [on = &thread, tokens = std::get<std::shared_ptr<apns_token_source>>(made)] {
    return make_apns_credential(tokens, timer_on(*on));
  };
  return source;
}

std::variant<origin_credential_source, std::string> load_credential(const webpush_app& app, io_thread& thread,
                                                                    wall_clock wall) {
  const auto key = "webpush." + app.app + ".vapid_key_file: ";
  const auto read = read_file(app.vapid_key_file, max_key_file_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) return key + wrong->message;
  const auto& text = std::get<std::string>(read);
  auto made = vapid_identity::make(text, app.subject);
  if (auto* wrong = std::get_if<std::string>(&made)) return key + *wrong;
  origin_credential_source source;
  source.fingerprint = fingerprint_of({text, app.subject});
  source.make = [on = &thread, identity = std::get<0>(std::move(made)),
                 now = or_machine(std::move(wall))](const std::string& origin) {
    return make_vapid_credential(identity, origin, now, timer_on(*on));
  };
  return source;
}

}  // namespace dispatch
