#include "storage/redis/script_runner.hpp"

namespace dispatch::redis {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

namespace {
/// While there is no connection nobody waits long for the answer that there is none (HTTP answers 503 with
/// it).
constexpr milliseconds disconnected_delay{20};

store_error unavailable(std::string detail) {
  return {store_error::code::unavailable, std::move(detail)};
}
}  // namespace

script_runner::script_runner(loop& where, floored_backoff backoff) : backoff_(backoff), timer_(where) {}

std::vector<command> script_runner::greeting() {
  std::vector<command> loads;
  loads.reserve(script_sources.size());
  for (const auto& source : script_sources)
    loads.emplace_back("SCRIPT", std::string_view("LOAD"), source.text);
  return loads;
}

void script_runner::greeted(const std::vector<reply>& loaded) {
  for (std::size_t i = 0; i < script_count && i < loaded.size(); ++i) digests_[i] = loaded[i].text;
  errors_in_a_row_ = 0;
}

void script_runner::run(script which, command arguments, handler answer) {
  submit(std::make_shared<call>(call{which, std::move(arguments), std::move(answer)}));
}

void script_runner::submit(const std::shared_ptr<call>& one) {
  command evaluate("EVALSHA", digests_[index_of(one->which)]);
  evaluate.append(one->arguments);
  link_->send(evaluate, [this, one](std::optional<reply> answer) { answered(one, std::move(answer)); });
}

void script_runner::answered(const std::shared_ptr<call>& one, std::optional<reply> answer) {
  if (answer)
    refusals_.note(script_sources[index_of(one->which)].name,
                   answer->is_error() ? answer->text : std::string());
  if (answer && !answer->is_error()) {
    errors_in_a_row_ = 0;
    return one->answer(std::move(*answer));
  }
  if (answer && try_again(one, react_to(answer->text))) return;
  if (answer && react_to(answer->text) == reaction::fence && check_fence_) {
    return check_fence_([this, one, error = std::move(*answer)](bool lost) {
      if (!lost) return fail(*link_, &error, std::move(one->answer));
      later(next_delay(),
            [one] { one->answer(unavailable("Redis lost this process's lease: a new one is taken")); });
    });
  }
  fail(*link_, answer ? &*answer : nullptr, std::move(one->answer));
}

/// Pipelined before the repetition, so its own answer does not matter: what went wrong shows in that one's.
bool script_runner::try_again(const std::shared_ptr<call>& one, reaction what) {
  if (what == reaction::load_script && !one->loaded_again) {
    one->loaded_again = true;
    const auto& source = script_sources[index_of(one->which)];
    link_->send(command("SCRIPT", std::string_view("LOAD"), source.text), [](std::optional<reply>) {});
  } else if (what == reaction::make_groups && !one->made_groups && groups_) {
    one->made_groups = true;
    run(script::make_groups, groups_(), [](store_result<reply>) {});
  } else {
    return false;
  }
  submit(one);
  return true;
}

void script_runner::fail(connection& link, const reply* error, handler answer) {
  if (error == nullptr) {
    return later(disconnected_delay,
                 [answer = std::move(answer), why = link.last_error()] { answer(unavailable(why)); });
  }
  store_error failure{store_error::code::refused, error->text};
  switch (react_to(error->text)) {
    case reaction::fence:
      failure.what = store_error::code::fenced;
      break;
    case reaction::back_off:
      failure.what = store_error::code::unavailable;
      break;
    case reaction::reconnect:
      failure.what = store_error::code::unavailable;
      link.drop(error->text);
      break;
    case reaction::follow:
      failure.what = store_error::code::unavailable;
      link.follow(moved_to(error->text));
      break;
    default:
      break;
  }
  // Who was fenced has no reason to come again.
  const auto delay = failure.what == store_error::code::fenced ? milliseconds(0) : next_delay();
  later(delay, [answer = std::move(answer), failure = std::move(failure)] { answer(failure); });
}

milliseconds script_runner::next_delay() {
  const double dice = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  return backoff_.delay(++errors_in_a_row_, dice);
}

void script_runner::later(milliseconds delay, std::function<void()> task) {
  if (stopped_) return task();
  const auto at = held_.emplace(clock::now() + delay, std::move(task));
  if (at == held_.begin()) timer_.after(delay, [this] { run_held(); });
}

void script_runner::run_held() {
  const auto now = clock::now();
  while (!held_.empty() && held_.begin()->first <= now) {
    const auto task = std::move(held_.extract(held_.begin()).mapped());
    task();
  }
  if (held_.empty()) return;
  timer_.after(std::chrono::ceil<milliseconds>(held_.begin()->first - now), [this] { run_held(); });
}

void script_runner::stop() {
  stopped_ = true;
  timer_.cancel();
  while (!held_.empty()) {
    const auto task = std::move(held_.extract(held_.begin()).mapped());
    task();
  }
}

}  // namespace dispatch::redis
