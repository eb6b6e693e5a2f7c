#include <algorithm>

#include "core/token_fingerprint.hpp"
#include "storage/operator/operator_actions.hpp"

namespace dispatch {
namespace {

using operators::script;

/// By one script: Redis serves nobody else meanwhile.
constexpr std::string_view decided_at_once = "256";
constexpr std::size_t forgotten_at_once = 500;

void check_scope(std::string_view scope) {
  if (!breaker_scope_usable(scope)) {
    throw std::invalid_argument("a scope is PROVIDER:APP (fcm:default) or PROVIDER:APP:ORIGIN");
  }
}

}  // namespace

decision_result operator_actions::decide(std::string_view scope, token_decision what) {
  check_scope(scope);
  decision_result out;
  for (bool more = true; more;) {
    const auto answer = run(
        script::decide,
        {keys_.breaker(scope), keys_.control(), keys_.withheld(scope), keys_.tokens(), keys_.suppressed()},
        {std::string(scope), what == token_decision::accept ? "accept" : "discard",
         std::string(decided_at_once)});
    out.tokens += static_cast<std::uint64_t>(answer.at(0).as_integer());
    more = answer.at(1).as_integer() == 1;
    out.released = answer.at(2).as_integer() == 1;
  }
  return out;
}

std::uint64_t operator_actions::forget_tokens(std::string_view scope, std::span<const std::string> tokens) {
  check_scope(scope);
  std::vector<std::string> names;
  names.reserve(tokens.size());
  for (const auto& token : tokens) names.push_back(token_fingerprint::of(scope, token).text());
  return forget(names);
}

std::uint64_t operator_actions::enable_endpoints(std::span<const std::string> names) {
  for (const auto& name : names) {
    if (!token_fingerprint::is_text(name))
      throw std::invalid_argument("an endpoint is 22 characters, as ls shows it");
  }
  return forget(names);
}

std::uint64_t operator_actions::forget(std::span<const std::string> names) {
  std::uint64_t forgotten = 0;
  while (!names.empty()) {
    const auto some = names.first(std::min(names.size(), forgotten_at_once));
    std::vector<std::string> keys{keys_.control(), keys_.endpoints(), keys_.suppressed()};
    for (const auto& name : some) keys.push_back(keys_.suppressed() + ":" + name);
    forgotten += static_cast<std::uint64_t>(run(script::forget_tokens, std::move(keys), {}).as_integer());
    names = names.subspan(some.size());
  }
  return forgotten;
}

}  // namespace dispatch
