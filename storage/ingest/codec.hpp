#pragma once

// Between submissions and what the HTTP side's scripts take and answer. Arguments as EVALSHA has them after
// the digest. Pure.

#include <optional>
#include <span>
#include <vector>

#include "storage/ingest_store.hpp"
#include "storage/redis/keys.hpp"
#include "storage/redis/reply.hpp"
#include "storage/redis/resp.hpp"

namespace dispatch::ingest {

/// What one request hands in.
struct submission {
  admission who;
  std::vector<job_submission> jobs;
};

redis::command encode_submit(const redis::keyspace& keys, std::span<const submission> requests);
/// nullopt: the answer is not that script's.
std::optional<std::vector<submit_answer>> decode_submit(const redis::reply& answer, std::size_t requests);

redis::command encode_admit(const redis::keyspace& keys, const admission& who);
std::optional<admit_answer> decode_admit(const redis::reply& answer);

/// Of HGETALL; nullopt: there is none.
std::optional<job_status> decode_status(const redis::reply& fields);

}  // namespace dispatch::ingest
