// What a notification pays on its way through the engine, stage by stage, but for the sockets: nanoseconds
// and allocations each (docs/performance.md sets them beside the whole). Batches are as large as they are
// under load.

#include <string>
#include <utility>
#include <vector>

#include "bench/allocations.hpp"
#include "core/job/job_parser.hpp"
#include "core/policy/circuit_breaker.hpp"
#include "core/policy/permit_wallet.hpp"
#include "storage/redis/codec.hpp"
#include "transport/providers/fcm_adapter.hpp"

namespace {

using namespace dispatch;
using bench::allocation_counter;

constexpr std::size_t batch = 256;
constexpr epoch_ms wall{1'795'402'800'000};

std::string document(std::size_t recipients) {
  std::string out =
      R"({"message":{"title":"Note shared","body":"{{name}} shared a note with you","data":{"note":"{{note_id}}"}},)"
      R"("recipients":[)";
  for (std::size_t i = 0; i < recipients; ++i) {
    if (i > 0) out += ',';
    std::string token = "d" + std::to_string(i) + ":APA91b";
    token.resize(152, 'x');
    out += R"({"platform":"android","token":")" + token + R"(","vars":{"name":"Ada","note_id":"7"}})";
  }
  return out + "]}";
}

std::unique_ptr<job> parsed(job_parser& parser, std::string text) {
  auto made = std::move(std::get<std::unique_ptr<job>>(parser.parse(std::move(text))));
  made->name("normal-1795402800000-0");
  return made;
}

/// What read.lua answers, as bytes.
std::string read_reply() {
  const auto text = document(1);
  std::string out = "*" + std::to_string(2 + 2 * batch) + "\r\n:" + std::to_string(batch) + "\r\n$0\r\n\r\n";
  for (std::size_t i = 0; i < batch; ++i) {
    const auto id = "1795402800000-" + std::to_string(i);
    out += "$" + std::to_string(id.size()) + "\r\n" + id + "\r\n";
    out += "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }
  return out;
}

void resp_read(benchmark::State& state) {
  const auto bytes = read_reply();
  const std::vector<read_ask> asks{{std::make_shared<const source>(), batch}};
  redis::reply_reader reader;
  const allocation_counter count(state, batch);
  for (auto _ : state) {
    reader.feed(bytes);
    std::vector<std::string> last_ids;
    benchmark::DoNotOptimize(redis::decode_read(std::move(*reader.next()), asks, last_ids));
  }
}

void job_parse(benchmark::State& state) {
  const auto recipients = static_cast<std::size_t>(state.range(0));
  const auto text = document(recipients);
  job_parser parser;
  const allocation_counter count(state, double(recipients));
  for (auto _ : state) benchmark::DoNotOptimize(parsed(parser, text));
}

/// The message compiled once a job, rendered once a recipient.
void fcm_body(benchmark::State& state) {
  const auto recipients = static_cast<std::size_t>(state.range(0));
  const auto adapter = make_fcm_adapter({"bench"});
  job_parser parser;
  const auto source = parsed(parser, document(recipients));
  const allocation_counter count(state, double(recipients));
  for (auto _ : state) {
    const auto compiled = adapter->compile(*source, platform::android);
    for (const auto& who : source->recipients) {
      provider_request request;
      std::string detail;
      const auto key = dedupe_key::of(source->tenant, source->id, who.index);
      benchmark::DoNotOptimize(adapter->render(*compiled, *source, who, key, request, detail));
      benchmark::DoNotOptimize(request);
    }
  }
}

void classify_ordinary(benchmark::State& state) {
  const auto adapter = make_fcm_adapter({"bench"});
  provider_answer answer;
  answer.status = 200;
  answer.body = R"({"name": "projects/bench/messages/0:1700000000000000%0000000000000000"})";
  const allocation_counter count(state, 1);
  for (auto _ : state) benchmark::DoNotOptimize(adapter->classify(answer, wall));
}

/// A checkpoint of jobs of one recipient, with and without a record each.
void checkpoint_write(benchmark::State& state) {
  const bool with_record = state.range(0) != 0;
  const redis::keyspace keys("dispatch");
  const redis::writer who{"engine-1", 7};
  const auto from = std::make_shared<const source>(source{lane::normal, ""});
  const allocation_counter count(state, batch);
  for (auto _ : state) {
    checkpoint what;
    for (std::size_t i = 0; i < batch; ++i) {
      const auto number = std::to_string(i);
      what.done.push_back({from, "1795402800000-" + number});
      if (!with_record) continue;
      what.jobs.push_back({"default", "job-" + number, {}});
      what.jobs.back().add[index_of(outcome::delivered)] = 1;
    }
    std::string out;
    redis::encode_write(keys, who, 1, what, {1'000'000, 1'000'000, std::chrono::hours{24}}).encode(out);
    benchmark::DoNotOptimize(out);
  }
}

void limiter_admit(benchmark::State& state) {
  const auto terms = permit_terms::of({100'000, 10'000});
  permit_wallet wallet;
  auto now = permit_wallet::time_point(std::chrono::hours{1});
  std::int64_t tat = 0;
  std::int64_t redis_now = 1'795'402'800'000'000;
  const allocation_counter count(state, batch);
  for (auto _ : state) {
    const auto lease = lease_permits(terms, tat, redis_now, batch, default_permit_horizon_us);
    tat = lease.new_tat_us;
    wallet.add(lease, now, now);
    now += std::chrono::milliseconds{3};
    redis_now += 3'000;
    benchmark::DoNotOptimize(wallet.take(batch, now));
  }
}

void breaker_check(benchmark::State& state) {
  circuit_breaker breaker;
  const allocation_counter count(state, 1);
  for (auto _ : state) benchmark::DoNotOptimize(breaker.record(breaker_answer::success, wall));
}

BENCHMARK(resp_read);
BENCHMARK(job_parse)->Arg(1)->Arg(500);
BENCHMARK(fcm_body)->Arg(1)->Arg(500);
BENCHMARK(classify_ordinary);
BENCHMARK(checkpoint_write)->Arg(0)->Arg(1);
BENCHMARK(limiter_admit);
BENCHMARK(breaker_check);

}  // namespace
