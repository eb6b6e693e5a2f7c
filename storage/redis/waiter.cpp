#include "storage/redis/waiter.hpp"

#include <charconv>
#include <utility>

namespace dispatch::redis {

namespace {

constexpr std::size_t max_streams = 10'000;
constexpr int events_at_once = 128;

std::pair<std::uint64_t, std::uint64_t> parts(const std::string& id) {
  std::uint64_t ms = 0;
  std::uint64_t sequence = 0;
  const char* end = id.data() + id.size();
  const char* dash = std::from_chars(id.data(), end, ms).ptr;
  if (dash != end) std::from_chars(dash + 1, end, sequence);
  return {ms, sequence};
}

}  // namespace

waiter::waiter(loop& where, connection_options options, const keyspace& keys, script_runner& errors)
    : link_(where, std::move(options), {}), keys_(keys), errors_(errors) {}

void waiter::begin_control(const std::string& newest) {
  if (control_id_.empty() || parts(newest) < parts(control_id_)) control_id_ = newest;
}

void waiter::drained(const std::string& stream, const std::string& last_id) {
  // Forgetting costs one wake-up too many a stream.
  if (last_ids_.size() >= max_streams) last_ids_.clear();
  last_ids_[stream] = last_id;
}

void waiter::wait(const std::vector<source_ptr>& sources, std::chrono::milliseconds timeout,
                  store_callback<std::vector<control_event>> answer) {
  if (answer_) return answer(store_error{store_error::code::refused, "another wait is under way"});
  answer_ = std::move(answer);
  // BLOCK 0 would be for ever.
  const auto block = std::max<std::int64_t>(timeout.count(), 1);
  command look("XREAD", std::string_view("COUNT"), 1, std::string_view("BLOCK"), block,
               std::string_view("STREAMS"), keys_.control());
  command ids;
  ids.add(control_id_.empty() ? std::string_view("$") : std::string_view(control_id_));
  for (const auto& one : sources) {
    const auto stream = keys_.stream(*one);
    const auto known = last_ids_.find(stream);
    look.add(stream);
    ids.add(known != last_ids_.end() ? std::string_view(known->second) : std::string_view("0-0"));
  }
  look.append(ids);
  link_.send(
      look, [this](std::optional<reply> got) { woken(std::move(got)); }, std::chrono::milliseconds(block));
}

void waiter::woken(std::optional<reply> answer) {
  if (answer) errors_.noted().note("wait", answer->is_error() ? answer->text : std::string());
  if (!answer || answer->is_error()) return fail(answer ? &*answer : nullptr);
  for (const auto& stream : answer->elements) {
    if (stream.at(0).as_text() != keys_.control()) continue;
    // COUNT 1 spares reading whole jobs here; of the control stream all is wanted.
    link_.send(command("XREAD", std::string_view("COUNT"), events_at_once, std::string_view("STREAMS"),
                       keys_.control(), control_id_.empty() ? std::string("0-0") : control_id_),
               [this](std::optional<reply> got) { control_read(std::move(got)); });
    return;
  }
  finish(std::vector<control_event>());
}

void waiter::control_read(std::optional<reply> answer) {
  if (!answer || answer->is_error()) return fail(answer ? &*answer : nullptr);
  finish(decode_control(answer->at(0).at(1), control_id_));
}

void waiter::fail(const reply* error) {
  const bool ended = error != nullptr && react_to(error->text) == reaction::end_wait;
  errors_.fail(link_, error, [this, ended](store_result<reply> failure) {
    if (ended) return finish(std::vector<control_event>());
    finish(failure.error());
  });
}

void waiter::finish(store_result<std::vector<control_event>> result) {
  if (const auto answer = std::exchange(answer_, nullptr)) answer(std::move(result));
}

}  // namespace dispatch::redis
