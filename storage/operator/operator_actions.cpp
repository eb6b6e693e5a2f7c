#include "storage/operator/operator_actions.hpp"

#include <algorithm>
#include <iterator>

#include "core/job/job_parser.hpp"
#include "storage/operator/names.hpp"

namespace dispatch {
namespace {

using operators::script;

constexpr std::size_t max_reason_bytes = 128;
constexpr std::size_t max_scope_bytes = 512;
constexpr std::size_t purged_at_once = 500;

bool made_of(std::string_view text, std::size_t longest, std::string_view more) {
  if (text.empty() || text.size() > longest) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const auto lower = static_cast<char>(c | 0x20);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') || more.find(c) != std::string_view::npos;
  });
}

/// Also keeps what ends up in a key's name to the contract's characters.
void check_name(std::string_view tenant, std::string_view id) {
  if (!made_of(tenant, 64, "_-")) throw std::invalid_argument("a tenant has 1 to 64 of A-Z a-z 0-9 _ -");
  if (!made_of(id, 128, "._:-"))
    throw std::invalid_argument("a job's id has 1 to 128 of A-Z a-z 0-9 . _ : -");
}

source ready_list(lane which) {
  return {which, std::string(ready_scope)};
}

}  // namespace

operator_actions::operator_actions(redis_client& client, const std::string& name_space)
    : client_(client), keys_(name_space), paused_key_(paused_lanes_key(name_space)) {}

redis::reply operator_actions::ask(std::vector<std::string> command) {
  auto answer = client_.command(std::move(command));
  if (answer.is_error()) throw operator_error("Redis refused: " + answer.text);
  return answer;
}

redis::reply operator_actions::run(script which, std::vector<std::string> keys,
                                   std::vector<std::string> arguments) {
  const auto& source = operators::script_sources[index_of(which)];
  auto& digest = digests_[index_of(which)];
  for (bool loaded = false;; loaded = true) {
    if (digest.empty() || loaded) digest = ask({"SCRIPT", "LOAD", std::string(source.text)}).text;
    std::vector<std::string> command{"EVALSHA", digest, std::to_string(keys.size())};
    command.insert(command.end(), keys.begin(), keys.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    auto answer = client_.command(std::move(command));
    if (!answer.is_error()) return answer;
    if (loaded || !answer.text.starts_with("NOSCRIPT")) throw operator_error("Redis refused: " + answer.text);
  }
}

job_change operator_actions::run(const operators::job_call& order) {
  job_change out;
  for (bool more = true; more;)
    more = operators::read_answer(order, run(order.which, order.keys, order.arguments), out);
  return out;
}

job_change operator_actions::cancel(std::string_view tenant, std::string_view id) {
  check_name(tenant, id);
  return run(operators::cancel_call(keys_, tenant, id));
}

job_change operator_actions::pause(std::string_view tenant, std::string_view id) {
  check_name(tenant, id);
  return run(operators::pause_call(keys_, tenant, id));
}

job_change operator_actions::resume(std::string_view tenant, std::string_view id) {
  check_name(tenant, id);
  return run(operators::resume_call(keys_, tenant, id));
}

bool operator_actions::set_lane(lane which, std::string_view kind) {
  return run(script::pause_lane, {paused_key_, keys_.control()},
             {std::string(to_string(which)), std::string(kind)})
             .as_integer() == 1;
}

std::array<bool, lane_count> operator_actions::paused_lanes() {
  std::array<bool, lane_count> out{};
  for (const auto& name : ask({"SMEMBERS", paused_key_}).elements) {
    if (const auto which = parse_lane(name.as_text())) out[index_of(*which)] = true;
  }
  return out;
}

bool breaker_scope_usable(std::string_view scope) noexcept {
  if (scope.size() > max_scope_bytes) return false;
  const auto colon = scope.find(':');
  if (colon == std::string_view::npos || colon + 1 == scope.size()) return false;
  const auto kind = scope.substr(0, colon);
  const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!std::all_of(scope.begin(), scope.end(), printable)) return false;
  return parse_provider(kind).has_value();
}

breaker_change operator_actions::force_breaker(std::string_view scope, breaker_order order,
                                               std::string_view reason) {
  if (!breaker_scope_usable(scope)) {
    throw std::invalid_argument("a breaker's scope is PROVIDER:APP (fcm:default) or PROVIDER:APP:ORIGIN");
  }
  const std::string wanted = order == breaker_order::open    ? "forced_open"
                             : order == breaker_order::close ? "forced_closed"
                                                             : "closed";
  const auto answer = run(script::force_breaker, {keys_.breaker(scope), keys_.control()},
                          {std::string(scope), wanted, std::string(reason.substr(0, max_reason_bytes))});
  breaker_change out;
  out.changed = answer.at(0).as_integer() == 1;
  out.before = answer.at(1).as_text();
  out.now = out.changed ? wanted : out.before;
  return out;
}

dead_page operator_actions::list_dead(const dead_query& query) {
  const auto from = query.after.empty() ? std::string(query.oldest_first ? "-" : "+") : "(" + query.after;
  const auto to =
      query.oldest_first ? (query.until.empty() ? std::string("+") : query.until) : std::string("-");
  const auto answer =
      run(script::dead_page, {keys_.dead()},
          {query.oldest_first ? "XRANGE" : "XREVRANGE", from, to,
           std::to_string(std::max<std::size_t>(query.limit, 1)), query.tenant, query.reason});
  dead_page out;
  out.next = answer.at(0).as_text();
  const auto& flat = answer.at(1);
  for (std::size_t i = 0; i + 2 < flat.size(); i += 3) {
    auto& letter = out.letters.emplace_back(read_dead_record(flat.at(i).text, flat.at(i + 1)));
    letter.document_bytes = static_cast<std::uint64_t>(flat.at(i + 2).as_integer());
  }
  return out;
}

std::optional<dead_record> operator_actions::show_dead(std::string_view entry) {
  if (!is_entry_id(entry)) return std::nullopt;
  const auto found = ask({"XRANGE", keys_.dead(), std::string(entry), std::string(entry)});
  if (found.size() == 0) return std::nullopt;
  auto letter = read_dead_record(found.at(0).at(0).text, found.at(0).at(1));
  if (letter.content.empty()) return letter;
  const auto content = ask({"HGET", keys_.content(letter.content), "document"}).text;
  if (auto whole = whole_document(content, letter.document)) letter.document = std::move(*whole);
  letter.document_bytes = letter.document.size();
  return letter;
}

std::uint64_t operator_actions::purge_dead(std::span<const std::string> entries) {
  std::uint64_t gone = 0;
  while (!entries.empty()) {
    const auto some = entries.first(std::min(entries.size(), purged_at_once));
    std::vector<std::string> arguments{keys_.content({})};
    std::copy_if(some.begin(), some.end(), std::back_inserter(arguments), is_entry_id);
    if (arguments.size() > 1) {
      const auto answer = run(script::purge, {keys_.dead()}, std::move(arguments));
      gone += static_cast<std::uint64_t>(answer.as_integer());
    }
    entries = entries.subspan(some.size());
  }
  return gone;
}

redrive_result operator_actions::redrive_dead(std::string_view entry, const redrive_options& options) {
  using kind = redrive_result::kind;
  const auto letter = show_dead(entry);
  if (!letter) return {kind::gone, 0, {}};
  const auto plan = plan_redrive(*letter);
  if (const auto* why = std::get_if<std::string>(&plan)) {
    if (options.as_new) return send_as_new(*letter, options);
    return {kind::refused, 0, *why};
  }
  const auto& to = std::get<redrive_plan>(plan);
  const auto list = ready_list(letter->lane.value_or(lane::normal));
  const auto answer =
      run(script::redrive, {keys_.job(to.tenant, to.id), keys_.dead(), keys_.waiting(), keys_.stream(list)},
          {letter->entry, redis::keyspace::member(list), to.resume, std::to_string(to.recipients),
           std::to_string(to.stored_at.count())});
  if (answer.as_text() == "cancelled") return {kind::cancelled, 0, "its job was cancelled"};
  if (answer.as_text() != "moved") return {kind::gone, 0, {}};
  return {kind::moved, to.recipients, {}};
}

redrive_result operator_actions::send_as_new(const dead_record& letter, const redrive_options& options) {
  using kind = redrive_result::kind;
  auto document = document_as_new(letter);
  if (auto* why = std::get_if<std::string>(&document)) return {kind::refused, 0, std::move(*why)};
  auto& made = std::get<new_document>(document);
  const auto to = options.lane.value_or(letter.lane.value_or(lane::normal));
  const auto answer = run(script::send_as_new, {keys_.dead(), keys_.lane(to)},
                          {letter.entry, std::move(made.text), keys_.content({})});
  if (answer.as_text() == "gone") return {kind::gone, 0, {}};
  return {kind::as_new, std::max<std::uint64_t>(made.recipients, 1), answer.text};
}

}  // namespace dispatch
