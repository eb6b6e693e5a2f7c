#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <random>
#include <sstream>

#include "apps/dispatchctl/credential_options.hpp"
#include "apps/dispatchctl/dead.hpp"
#include "apps/dispatchctl/endpoint_options.hpp"
#include "apps/dispatchctl/jobs.hpp"
#include "apps/dispatchctl/listings.hpp"
#include "apps/dispatchctl/load.hpp"
#include "apps/dispatchctl/operate.hpp"
#include "apps/dispatchctl/send.hpp"
#include "apps/dispatchctl/session.hpp"
#include "apps/standard_streams.hpp"

namespace {

using namespace dispatch;
using namespace dispatch::ctl;

constexpr int exit_failed = 1, exit_usage = 2;

/// Where the parser puts what it reads; `chosen` is what the subcommand leaves to be done.
struct command_line {
  session_options redis;
  bool json = false;
  send_options send;
  load_command load;
  std::string load_mix, load_subscriptions;
  job_options job;
  std::int64_t job_timeout = 0;
  job_list_options job_list;
  dead_list_options dead_list;
  dead_show_options dead_show;
  job_change_options job_change;
  lane_change_options lane_change;
  breaker_change_options breaker_change;
  decision_options decision;
  forget_options forget;
  redrive_command redrive;
  purge_command purge;
  std::function<int(session&)> chosen;
};

std::string in_list(const std::string& text, bool known, const char* choices) {
  return known ? std::string{} : "'" + text + "' is not one of " + choices;
}

const CLI::Validator lane_name{
    [](std::string& text) { return in_list(text, parse_job_lane(text).has_value(), "high, normal, bulk"); },
    "high|normal|bulk"};
const CLI::Validator platform_name{[](std::string& text) {
                                     return in_list(text, parse_platform(text).has_value(),
                                                    "android, ios, web, email, webhook");
                                   },
                                   "android|ios|web|email|webhook"};

void add_lane(CLI::App* to, lane& into) {
  to->add_option_function<std::string>(
        "--lane", [&into](const std::string& text) { into = parse_job_lane(text).value_or(lane::normal); },
        "Lane of the job (default normal)")
      ->check(lane_name);
}

void add_send(CLI::App& app, command_line& line) {
  auto* send = app.add_subcommand("send", "Store one job and print its id");
  auto& options = line.send;
  auto* file = send->add_option("--file", options.file, "The whole job document; - reads standard input");
  add_lane(send, options.lane);
  send->add_option("--correlation-id", options.correlation_id, "Carried into logs and results");

  // Everything that would contradict a document of one's own.
  auto* parts = send->add_option_group("The job, when there is no --file");
  parts->add_option("--tenant", options.tenant, "Tenant (default: default)");
  parts->add_option("--id", options.id, "Idempotency key within the tenant, kept for 24 h");
  parts->add_option("--app", options.app, "Which of the configured credential sets (default: default)");
  parts->add_option("--platform", options.platform, "Platform of the recipient (default android)")
      ->check(platform_name);
  parts->add_option("--token", options.token, "Device token; --file keeps it out of the process list");
  parts->add_option("--fid", options.fid, "Firebase installation ID instead of a token");
  parts->add_option("--topic", options.topic, "Topic instead of a token");
  parts->add_option("--condition", options.condition, "Condition on topics instead of a token");
  parts->add_option("--address", options.address, "Mail address (platform email)");
  parts->add_option("--url", options.url, "Where to (platform webhook)");
  parts->add_option("--audience", options.audience, "A stored audience instead of one recipient");
  parts->add_option("--title", options.title, "Title; {{name}} is replaced from --var");
  parts->add_option("--body", options.body, "Text; {{name}} is replaced from --var");
  parts->add_option("--image", options.image, "Picture, https://…");
  parts->add_option("--link", options.link, "What a tap opens");
  parts->add_option("--sound", options.sound, "Sound, e.g. default");
  parts->add_option("--data", options.data, "key=value for the receiving app; may be repeated")
      ->allow_extra_args(false);
  parts->add_option("--var", options.vars, "name=value of the recipient; may be repeated")
      ->allow_extra_args(false);
  parts->add_option("--collapse-key", options.collapse_key, "A later notification with it replaces this one");
  parts->add_option("--priority", options.priority, "Device priority: high or normal");
  parts->add_option("--send-at", options.send_at, "RFC 3339 or seconds since the epoch; not before then");
  parts->add_option("--expires-at", options.expires_at,
                    "RFC 3339 or seconds since the epoch; not after then");
  parts->add_flag("--dry-run", options.dry_run, "Everything but the delivery itself");
  for (auto* option : parts->get_options()) file->excludes(option);

  send->footer(R"(Examples:
  dispatchctl send --platform android --token "$TOKEN" --title Hello --body "A note changed"
  dispatchctl send --id news-7 --topic news --title News --body "…" --lane high
  dispatchctl send --file job.json
  generate-job | dispatchctl send --file - --json)");
  send->callback([&line] {
    line.send.json = line.json;
    line.chosen = [&line](session& redis) { return run_send(redis, line.send); };
  });
}

void add_load(CLI::App& app, command_line& line) {
  auto* load = app.add_subcommand("load", "Fill a lane with generated jobs");
  auto& command = line.load;
  auto& plan = command.plan;
  add_lane(load, command.lane);
  load->add_option("--jobs", plan.jobs, "How many jobs (default 1000)");
  load->add_option("--recipients", plan.recipients, "Recipients per job (default 1)");
  load->add_option("--rate", command.rate, "Jobs a second; 0 = as fast as Redis takes them (default)");
  load->add_option("--platforms", line.load_mix,
                   "Weights of android, ios, web, email, webhook: android:60,ios:30,web:10 (the default)");
  load->add_option("--subscriptions", line.load_subscriptions,
                   "Browsers' subscriptions for platform web instead of tokens: a JSON file of them");
  load->add_option("--mail-domain", plan.targets.mail_domain, "Of made-up addresses (platform email)");
  load->add_option("--webhook-url", plan.targets.webhook_url,
                   "Before made-up names, e.g. https://127.0.0.1:PORT/webhook/ (platform webhook)");
  load->add_option("--dead", plan.dead, "Share of tokens the sandbox calls unregistered, e.g. 0.005");
  load->add_option("--flaky503", plan.flaky_503, "Share of tokens it answers with 503 the first time");
  load->add_option("--flaky429", plan.flaky_429, "Share of tokens it answers with 429 the first time");
  load->add_flag("--with-id", plan.with_id, "Give every job an id, so that it has a record");
  load->add_option("--id-prefix", plan.id_prefix, "Of those ids (default load-SEED)");
  load->add_option("--tenant", plan.tenant, "Tenant of all jobs");
  load->add_option("--tenants", plan.tenants, "Spread over tenants load-1 … load-N");
  load->add_option("--body-bytes", plan.body_bytes, "Length of the message text (default 60)");
  auto* seed =
      load->add_option("--seed", plan.seed, "The same seed makes the same jobs (default: a new one)");
  load->add_option(
      "--record", command.record_file,
      "Write a line per recipient: µs when sent, tenant, job, index, platform, token, dedupe key");
  load->add_flag("--quiet", command.quiet, "No progress bar");
  load->footer(R"(Tokens, addresses and names are made up: send to dispatch-sandbox, never to a real provider.
Examples:
  dispatchctl load --jobs 100000
  dispatchctl load --lane bulk --jobs 200 --recipients 500 --dead 0.005 --flaky503 0.005
  dispatchctl load --lane high --rate 100 --jobs 6000 --with-id --record sent.tsv)");
  load->callback([&line, seed] {
    auto& chosen_load = line.load;
    chosen_load.json = line.json;
    if (!line.load_mix.empty()) {
      auto parsed = parse_platform_mix(line.load_mix);
      if (!parsed)
        throw usage_error("--platforms wants weights of platforms, e.g. android:60,ios:30,email:10");
      chosen_load.plan.platforms = *parsed;
    }
    if (!line.load_subscriptions.empty())
      chosen_load.plan.targets.subscriptions = read_subscriptions(line.load_subscriptions);
    if (seed->count() == 0) chosen_load.plan.seed = std::random_device{}();
    line.chosen = [&line](session& redis) { return run_load(redis, line.load); };
  });
}

void add_job(CLI::App& app, command_line& line) {
  auto* job = app.add_subcommand("job", "Look at jobs, cancel, pause and resume them");
  job->require_subcommand(1);
  auto& one = line.job;
  auto& list = line.job_list;
  auto* status = job->add_subcommand("status", "State and outcomes of one job");
  auto* watch = job->add_subcommand("watch", "Follow a job to its end; exit code 0 when it ended done");
  for (auto* which : {status, watch}) {
    which->add_option("id", one.id, "The job's id")->required();
    which->add_option("--tenant", one.tenant, "Its tenant (default: default)");
  }
  watch->add_option("--timeout", line.job_timeout, "Give up after so many seconds (default: never)");
  status->callback([&line] {
    line.job.json = line.json;
    line.chosen = [&line](session& redis) { return run_job_status(redis, line.job); };
  });
  watch->callback([&line] {
    line.job.json = line.json;
    line.job.timeout = std::chrono::seconds{line.job_timeout};
    line.chosen = [&line](session& redis) { return run_job_watch(redis, line.job); };
  });
  auto* ls = job->add_subcommand("ls", "Jobs with a record, the latest first");
  ls->add_option("--tenant", list.tenant, "Only this tenant's");
  ls->add_option("--state", list.state,
                 "Only those accepted, scheduled, running, paused, done, cancelled or dead");
  ls->add_option("--limit", list.limit, "At most so many (default 50)");
  ls->callback([&line] {
    line.job_list.json = line.json;
    line.chosen = [&line](session& redis) { return run_job_list(redis, line.job_list); };
  });
}

void add_job_change(CLI::App* job, command_line& line, job_verb verb, const char* name, const char* what) {
  auto* change = job->add_subcommand(name, what);
  change->add_option("id", line.job_change.id, "The job's id")->required();
  change->add_option("--tenant", line.job_change.tenant, "Its tenant (default: default)");
  change->callback([&line, verb] {
    line.job_change.verb = verb;
    line.job_change.json = line.json;
    line.chosen = [&line](session& redis) { return run_job_change(redis, line.job_change); };
  });
}

void add_job_changes(CLI::App& app, command_line& line) {
  auto* job = app.get_subcommand("job");
  add_job_change(job, line, job_verb::cancel, "cancel",
                 "What was sent stays sent, the rest is not; also for a job not read yet");
  add_job_change(job, line, job_verb::pause, "pause", "Start nothing more of it until resume");
  add_job_change(job, line, job_verb::resume, "resume", "Go on with a paused job");
}

void add_lane_commands(CLI::App& app, command_line& line) {
  auto* lanes = app.add_subcommand("lane", "Look at the lanes, pause and resume them");
  lanes->require_subcommand(1);
  lanes->add_subcommand("ls", "Entries, unacknowledged entries and age of the oldest")->callback([&line] {
    line.chosen = [&line](session& redis) { return run_lane_list(redis, line.json); };
  });
  for (const bool pause : {true, false}) {
    auto* change = lanes->add_subcommand(pause ? "pause" : "resume",
                                         pause ? "Read nothing more from it" : "Read from it again");
    change->add_option("lane", line.lane_change.lane, "high, normal, bulk or results")->required();
    change->callback([&line, pause] {
      line.lane_change.pause = pause;
      line.lane_change.json = line.json;
      line.chosen = [&line](session& redis) { return run_lane_change(redis, line.lane_change); };
    });
  }
}

void add_breaker_commands(CLI::App& app, command_line& line) {
  auto* breakers = app.add_subcommand("breaker", "Look at the circuit breakers, and force them");
  breakers->require_subcommand(1);
  breakers->add_subcommand("ls", "State of every breaker")->callback([&line] {
    line.chosen = [&line](session& redis) { return run_breaker_list(redis, line.json); };
  });
  const auto add = [&](breaker_order order, const char* name, const char* what) {
    auto* change = breakers->add_subcommand(name, what);
    change->add_option("scope", line.breaker_change.scope, "PROVIDER:APP[:ORIGIN], as breaker ls shows it")
        ->required();
    if (order != breaker_order::automatic)
      change->add_option("--reason", line.breaker_change.reason, "Shown beside it (default: operator)");
    change->callback([&line, order] {
      line.breaker_change.order = order;
      line.breaker_change.json = line.json;
      line.chosen = [&line](session& redis) { return run_breaker_change(redis, line.breaker_change); };
    });
  };
  add(breaker_order::open, "open", "Send nothing to it until told otherwise; work waits");
  add(breaker_order::close, "close", "Send to it whatever it answers, until told otherwise");
  add(breaker_order::automatic, "auto", "End what was forced: it counts for itself again");
}

void add_decision(CLI::App* hygiene, command_line& line, token_decision what, const char* name,
                  const char* about) {
  auto* decide = hygiene->add_subcommand(name, about);
  decide->add_option("scope", line.decision.scope, "PROVIDER:APP, as hygiene ls shows it")->required();
  decide->callback([&line, what] {
    line.decision.what = what;
    line.decision.json = line.json;
    line.chosen = [&line](session& redis) { return run_decision(redis, line.decision); };
  });
}

void add_hygiene(CLI::App& app, command_line& line) {
  auto* hygiene =
      app.add_subcommand("hygiene", "Decide on tokens called dead in masses, forget suppressed ones");
  hygiene->require_subcommand(1);
  hygiene->add_subcommand("ls", "Scopes held for it, and tokens that wait for a decision")->callback([&line] {
    line.chosen = [&line](session& redis) { return run_hygiene_list(redis, line.json); };
  });
  add_decision(hygiene, line, token_decision::accept, "accept",
               "They are dead: tell the producers, and send on");
  add_decision(hygiene, line, token_decision::discard, "discard",
               "They are not: forget what was said of them, and send on");
  auto* forget = hygiene->add_subcommand("forget", "Send again to tokens that were called dead");
  forget->add_option("scope", line.forget.scope, "PROVIDER:APP")->required();
  forget->add_option("--file", line.forget.file, "A token a line (default: standard input)");
  forget->callback([&line] {
    line.forget.json = line.json;
    line.chosen = [&line](session& redis) { return run_forget(redis, line.forget); };
  });
}

void add_choice(CLI::App* to, dead_choice& which) {
  to->add_option("entry", which.entries, "As dead ls shows them; or instead of entries:");
  to->add_option("--tenant", which.tenant, "All of this tenant");
  to->add_option("--reason", which.reason, "All with this reason");
  to->add_flag("--all", which.all, "All there are");
}

void add_dead_changes(CLI::App* dead, command_line& line) {
  auto* redrive =
      dead->add_subcommand("redrive", "Give dead recipients back to their jobs, to be tried again");
  auto& again = line.redrive;
  add_choice(redrive, again.which);
  redrive->add_option("--rate", again.rate, "Recipients a second (default 1000); 0 = no limit");
  redrive->add_flag("--as-new", again.as_new,
                    "Send what cannot go back to its job as a new job, with new dedupe keys");
  redrive->add_option("--lane", again.lane, "Lane of such new jobs (default: as before)")->check(lane_name);
  redrive->add_flag("--quiet", again.quiet, "No progress bar");
  redrive->footer("It may be interrupted and repeated at any time: nothing is lost, nothing sent twice.");
  redrive->callback([&line] {
    line.redrive.json = line.json;
    line.chosen = [&line](session& redis) { return run_redrive(redis, line.redrive); };
  });
  auto* purge = dead->add_subcommand("purge", "Delete dead letters for good");
  add_choice(purge, line.purge.which);
  purge->add_flag("--yes", line.purge.yes, "Needed when it is more than one");
  purge->callback([&line] {
    line.purge.json = line.json;
    line.chosen = [&line](session& redis) { return run_purge(redis, line.purge); };
  });
}

void add_dead(CLI::App& app, command_line& line) {
  auto* dead = app.add_subcommand("dead", "Look at the dead letters, redrive and purge them");
  dead->require_subcommand(1);
  add_dead_changes(dead, line);
  auto& list = line.dead_list;
  auto* ls = dead->add_subcommand("ls", "Dead letters, the latest first");
  ls->add_option("--limit", list.limit, "At most so many (default 50)");
  ls->add_option("--tenant", list.tenant, "Only this tenant's");
  ls->add_option("--reason", list.reason, "Only those with this reason");
  ls->callback([&line] {
    line.dead_list.json = line.json;
    line.chosen = [&line](session& redis) { return run_dead_list(redis, line.dead_list); };
  });
  auto& one = line.dead_show;
  auto* show = dead->add_subcommand("show", "One dead letter, tokens as hashes");
  show->add_option("entry", one.entry, "As dead ls shows it")->required();
  show->add_flag("--raw", one.raw, "The document alone, tokens in clear, for send --file -");
  show->callback([&line] {
    line.dead_show.json = line.json;
    line.chosen = [&line](session& redis) { return run_dead_show(redis, line.dead_show); };
  });
}

int run(int argc, char** argv) {
  CLI::App app{"dispatchctl: send notifications through Duru Dispatch, and see what became of them"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", DISPATCH_VERSION);
  command_line line;
  auto& redis = line.redis;
  auto* url = app.add_option("--redis", redis.url, "redis://HOST[:PORT][/DB], rediss:// or unix:///PATH")
                  ->envname("DISPATCHCTL_REDIS")
                  ->capture_default_str();
  app.add_option("--namespace", redis.name_space, "First part of every key")
      ->envname("DISPATCHCTL_NAMESPACE")
      ->capture_default_str();
  app.add_option("--ca-file", redis.ca_file, "Authority to trust for rediss:// (default: the system's)");
  app.add_option("--password-file", redis.password_file, "File whose first line is Redis's password");
  app.add_flag("--json", line.json, "Answer in JSON");
  app.footer(R"(Redis's password comes from --password-file or the environment (DISPATCHCTL_REDIS_PASSWORD).
Exit codes: 0 done, 1 failed, 2 wrong usage. "dispatchctl COMMAND --help" explains a command.)");

  add_send(app, line);
  add_load(app, line);
  add_job(app, line);
  add_job_changes(app, line);
  add_lane_commands(app, line);
  add_breaker_commands(app, line);
  add_hygiene(app, line);
  add_endpoint_commands(app, line.json, line.chosen);
  add_dead(app, line);
  add_credential_commands(app, line.json, line.chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, wrong;
    const auto code = app.exit(error, out, wrong);
    print_text(out.str());
    complain("dispatchctl", wrong.str());
    return code == 0 ? 0 : exit_usage;
  }
  const char* from_environment = std::getenv("DISPATCHCTL_REDIS");
  redis.url_typed = url->count() > 0 && (from_environment == nullptr || redis.url != from_environment);
  if (const char* password = std::getenv("DISPATCHCTL_REDIS_PASSWORD")) redis.password = password;
  session connection{redis};
  return line.chosen(connection);
}

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_streams();
  int code = exit_failed;
  try {
    code = run(argc, argv);
  } catch (const std::exception& error) {
    complain("dispatchctl", error.what());
    if (dynamic_cast<const usage_error*>(&error) != nullptr) code = exit_usage;
  }
  return finish_output("dispatchctl") || code != 0 ? code : exit_failed;
}
