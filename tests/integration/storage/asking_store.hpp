#pragma once

// The ingest store on a real Redis, with calls that wait for their answer.

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/ingest/redis_ingest_store.hpp"

namespace dispatch {

/// Its constructor waits until Redis is there.
class asking_store {
 public:
  asking_store(const std::string& url, const std::string& space, ingest::ingest_limits limits = {})
      : store_(options(url, space), {}, limits) {
    while (!store_.available()) std::this_thread::yield();
  }

  store_result<submit_answer> submit(std::vector<job_submission> jobs, admission who = {}) {
    return ask<submit_answer>(
        [&](auto answer) { store_.submit(std::move(who), std::move(jobs), std::move(answer)); });
  }
  store_result<submit_answer> submit(job_submission job, admission who = {}) {
    return submit(std::vector{std::move(job)}, std::move(who));
  }
  store_result<admit_answer> admit(admission who) {
    return ask<admit_answer>([&](auto answer) { store_.admit(std::move(who), std::move(answer)); });
  }
  store_result<std::uint64_t> append(const std::string& name, std::vector<std::string> recipients) {
    return ask<std::uint64_t>(
        [&](auto answer) { store_.append_audience("t", name, std::move(recipients), std::move(answer)); });
  }
  store_result<std::optional<job_status>> status(const std::string& id) {
    return ask<std::optional<job_status>>([&](auto answer) { store_.status("t", id, std::move(answer)); });
  }
  store_result<job_change> order(job_order what, const std::string& id) {
    return ask<job_change>([&](auto answer) { store_.order(what, "t", id, std::move(answer)); });
  }
  ingest_store& store() { return store_; }

 private:
  static redis_options options(const std::string& url, const std::string& space) {
    redis_options out;
    out.url = url;
    out.name_space = space;
    out.command_timeout = std::chrono::seconds(1);
    out.reconnect_base = std::chrono::milliseconds(5);
    return out;
  }
  template <class T, class Call>
  store_result<T> ask(const Call& call) {
    auto done = std::make_shared<std::promise<store_result<T>>>();
    auto answer = done->get_future();
    call([done](store_result<T> result) { done->set_value(std::move(result)); });
    return answer.get();
  }

  ingest::redis_ingest_store store_;
};

/// For tenant "t", three recipients.
inline job_submission a_job(const std::string& id, const std::string& document = "{}") {
  job_submission out;
  out.tenant = "t";
  out.id = id;
  out.document = document;
  out.total = 3;
  return out;
}

}  // namespace dispatch
