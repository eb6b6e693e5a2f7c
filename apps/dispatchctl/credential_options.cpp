#include "apps/dispatchctl/credential_options.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/dispatchctl/credentials.hpp"
#include "apps/dispatchctl/vapid.hpp"

namespace dispatch::ctl {
namespace {

void add_new_key(CLI::App& app, const bool& json, std::function<int(session&)>& chosen) {
  auto* key = app.add_subcommand("key", "Credentials for the HTTP side");
  key->require_subcommand(1);
  auto* made =
      key->add_subcommand("new", "Make an API key or an HMAC secret, and its section for dispatchd.toml");
  const auto options = std::make_shared<new_key_options>();
  made->add_option("--type", options->type,
                   "key: sent with every request; hmac: signs requests (default key)")
      ->check(CLI::IsMember({"key", "hmac"}));
  made->add_option("--name", options->name, "Name of the section")->capture_default_str();
  made->add_option("--tenant", options->tenant, "Whose jobs it hands in and sees")->capture_default_str();
  made->add_option("--scope,--scopes", options->scopes, "send, read, admin; may be repeated (default send)")
      ->delimiter(',');
  made->add_option("--per-minute", options->per_minute, "Requests in a minute (default 1000); 0: no limit");
  made->add_option("--per-hour", options->per_hour, "Requests in an hour (default 10000); 0: no limit");
  made->add_option("--per-day", options->per_day, "Requests in a day (default 100000); 0: no limit");
  made->footer(R"(dispatchd stores the SHA-256 of a key only: what is printed cannot be shown again.
Examples:
  dispatchctl key new --name mobile --tenant duru-notes --scopes send,read
  dispatchctl key new --type hmac --name billing --per-minute 6000 --json)");
  made->callback([&json, &chosen, options] {
    options->json = json;
    chosen = [options](session&) { return run_new_key(*options); };
  });
}

void add_sign(CLI::App& app, const bool& json, std::function<int(session&)>& chosen) {
  auto* sign = app.add_subcommand("sign", "Headers of Standard Webhooks for a body, or a JSON Web Token");
  const auto options = std::make_shared<sign_options>();
  sign->add_option("--secret-file", options->secret_file,
                   "File whose first line is the secret (or the environment: DISPATCHCTL_SECRET)");
  sign->add_option("--body", options->body, "What is signed; - reads standard input (default)");
  sign->add_option("--id", options->id, "webhook-id (default: a new one)");
  sign->add_option("--timestamp", options->timestamp,
                   "webhook-timestamp, seconds since the epoch (default: now)");
  sign->add_option("--jwt", options->jwt, "Print a token signed so instead")
      ->check(CLI::IsMember({"HS256", "RS256", "ES256"}));
  sign->add_option("--key-file", options->key_file, "--jwt RS256, ES256: the PEM private key");
  sign->add_option("--issuer", options->issuer, "--jwt: iss");
  sign->add_option("--audience", options->audience, "--jwt: aud");
  sign->add_option("--key-id", options->key_id, "--jwt: kid");
  sign->add_option("--subject", options->subject, "--jwt: sub");
  sign->add_option("--expires-in", options->expires_in, "--jwt: seconds until exp (default 3600)");
  sign->footer(R"help(Examples:
  dispatchctl sign --secret-file billing.secret --body job.json | curl -H @- --data-binary @job.json "$URL/v1/jobs"
  curl -H "Authorization: Bearer $(dispatchctl sign --jwt ES256 --key-file k.pem --issuer me --audience dispatch)" "$URL/v1/jobs/7")help");
  sign->callback([&json, &chosen, options] {
    options->json = json;
    chosen = [options](session&) { return run_sign(*options); };
  });
}

void add_vapid(CLI::App& app, const bool& json, std::function<int(session&)>& chosen) {
  auto* vapid = app.add_subcommand("vapid", "The key Web Push is signed with");
  vapid->require_subcommand(1);
  auto* made = vapid->add_subcommand("keygen", "Make one, and print the public key browsers subscribe with");
  const auto options = std::make_shared<vapid_keygen_options>();
  made->add_option("--out", options->out,
                   "New file for the private key, readable by its owner alone (default: standard output)");
  made->footer(R"(A subscription is bound to its key for life: keep the file.
Example:
  dispatchctl vapid keygen --out /etc/dispatch/vapid.pem)");
  made->callback([&json, &chosen, options] {
    options->json = json;
    chosen = [options](session&) { return run_vapid_keygen(*options); };
  });
}

}  // namespace

void add_credential_commands(CLI::App& app, const bool& json, std::function<int(session&)>& chosen) {
  add_new_key(app, json, chosen);
  add_sign(app, json, chosen);
  add_vapid(app, json, chosen);
}

}  // namespace dispatch::ctl
