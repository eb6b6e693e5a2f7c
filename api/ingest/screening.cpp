#include "api/ingest/screening.hpp"

#include <utility>

#include "api/ingest/browser.hpp"
#include "api/ingest/caller.hpp"
#include "api/ingest/cors.hpp"

namespace dispatch {
namespace {

using time_point = std::chrono::system_clock::time_point;

std::shared_ptr<const principal> make_everyone() {
  auto who = std::make_shared<principal>(principal{"insecure-dev", "default", {}, {0, 0, 0}});
  for (const auto each : {scope::send, scope::read, scope::admin}) who->scopes.add(each);
  return who;
}

auth_result everyone(const http_request& head, const cors_settings& cors) {
  static const auto who = make_everyone();
  if (!names_this_machine(head))
    return auth_problem{403, "without credentials Host must be localhost or an address", {}};
  if (auto problem = foreign_page(head, cors)) return *std::move(problem);
  return authenticated{who, std::nullopt};
}

/// By credential, else for gorush's callers by address. nullopt: the body decides.
std::optional<auth_result> find_caller(const http_request& head, operation what, const screening& seen,
                                       const screening_rules& rules, time_point now) {
  if (rules.open_to_all) return everyone(head, rules.settings.cors);
  // Who brings a credential wants to be known by it, from wherever.
  if (what == operation::push && !brings_credential(head)) {
    if (auto known = seen.tables->gorush.open_to(*seen.from)) {
      if (auto problem = foreign_page(head, rules.settings.cors)) return *std::move(problem);
      return authenticated{std::move(known), std::nullopt};
    }
  }
  return authenticator(seen.tables->credentials, &rules.tokens).check_head(head, now);
}

void look_at_webhook(const http_request& head, std::string_view name, screening& seen, time_point now) {
  const auto source = seen.tables->sources.find(name);
  if (source == seen.tables->sources.end()) return;
  const auto authentic = source->second.is_authentic_by_head(head, now);
  seen.is_answered = authentic == false;
  if (authentic == true) seen.who = source->second.who();
}

}  // namespace

std::shared_ptr<const screening> screen_head(const http_request& head,
                                             std::shared_ptr<const ingest_tables> tables,
                                             const screening_rules& rules, time_point now) {
  auto seen = std::make_shared<screening>();
  seen->tables = std::move(tables);
  seen->from = caller_address(head, rules.settings.trusted_proxies);
  seen->may_call = seen->from && rules.settings.addresses.permits(*seen->from);
  const auto match = find_route(head.method, head.target);
  if (!seen->may_call || !match.found || rules.draining) return seen;
  switch (const auto what = match.found->what) {
    case operation::health:
    case operation::readiness:
    case operation::openapi:
      break;
    case operation::webhook:
      look_at_webhook(head, match.name, *seen, now);
      break;
    default:
      seen->caller = find_caller(head, what, *seen, rules, now);
      if (const auto* known = seen->caller ? std::get_if<authenticated>(&*seen->caller) : nullptr)
        seen->who = known->who;
      seen->is_answered = seen->caller && !seen->who;
  }
  return seen;
}

}  // namespace dispatch
