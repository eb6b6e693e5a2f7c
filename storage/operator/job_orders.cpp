#include "storage/operator/job_orders.hpp"

#include "storage/operator/names.hpp"

namespace dispatch::operators {
namespace {

/// As long as the contract keeps a job's record after its end.
constexpr std::string_view unread_cancel_ms = "86400000";
/// Moved by one script: Redis serves nobody else meanwhile.
constexpr std::string_view move_bytes = "8388608";

job_call job_script(script which, const redis::keyspace& keys, std::string_view tenant, std::string_view id) {
  return {which, {keys.job(tenant, id), keys.control()}, {std::string(tenant), std::string(id)}};
}

void add_lists(const redis::keyspace& keys, std::string_view tenant, std::string_view id, job_call& to) {
  to.keys.push_back(keys.waiting());
  to.arguments.emplace_back(move_bytes);
  // All lanes, because a job that is not read yet has none that anybody knows.
  for (const auto which : job_lanes) {
    for (const auto& list : {source{which, job_scope(tenant, id)}, source{which, std::string(ready_scope)}}) {
      to.keys.push_back(keys.stream(list));
      to.arguments.push_back(redis::keyspace::member(list));
    }
  }
}

}  // namespace

job_call cancel_call(const redis::keyspace& keys, std::string_view tenant, std::string_view id) {
  auto call = job_script(script::cancel, keys, tenant, id);
  call.arguments.emplace_back(unread_cancel_ms);
  add_lists(keys, tenant, id, call);
  return call;
}

job_call pause_call(const redis::keyspace& keys, std::string_view tenant, std::string_view id) {
  return job_script(script::pause, keys, tenant, id);
}

job_call resume_call(const redis::keyspace& keys, std::string_view tenant, std::string_view id) {
  auto call = job_script(script::resume, keys, tenant, id);
  add_lists(keys, tenant, id, call);
  return call;
}

bool read_answer(const job_call& order, const redis::reply& answer, job_change& into) {
  const bool first = into.before.empty() && into.now.empty();
  if (first) {
    into.changed = answer.at(0).as_integer() == 1;
    into.before = answer.at(1).as_text();
    into.now = !into.changed ? into.before : order.which == script::cancel ? "cancelled" : "paused";
    if (order.which == script::resume) into.now = answer.at(2).as_text();
  }
  if (order.which == script::pause) return false;
  const std::size_t moved = order.which == script::cancel ? 2 : 3;
  into.moved += static_cast<std::uint64_t>(answer.at(moved).as_integer());
  return answer.at(moved + 1).as_integer() == 1;
}

}  // namespace dispatch::operators
