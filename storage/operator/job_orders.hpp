#pragma once

// What operators order of one job, as calls of their scripts. Pure: whoever has a connection runs them, again
// and again until there is no more to move.

#include <string>
#include <string_view>
#include <vector>

#include "storage/operator/job_change.hpp"
#include "storage/operator/scripts.hpp"
#include "storage/redis/keys.hpp"
#include "storage/redis/reply.hpp"

namespace dispatch::operators {

struct job_call {
  script which;
  std::vector<std::string> keys, arguments;
};

// Tenant and id are names a job can have (contract): they become part of keys.

/// What was sent stays sent, the rest ends `cancelled`. A job not read yet is cancelled when it is, within 24
/// h.
job_call cancel_call(const redis::keyspace& keys, std::string_view tenant, std::string_view id);
job_call pause_call(const redis::keyspace& keys, std::string_view tenant, std::string_view id);
/// Of a job that is not paused: gives back what an interrupted resume left behind.
job_call resume_call(const redis::keyspace& keys, std::string_view tenant, std::string_view id);

/// Adds what a run answered; the first one's states count. True: the same call has more to move.
bool read_answer(const job_call& order, const redis::reply& answer, job_change& into);

}  // namespace dispatch::operators
