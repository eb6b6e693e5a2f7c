#include "storage/redis/connection.hpp"

#include <charconv>
#include <utility>

namespace dispatch::redis {

using std::chrono::milliseconds;

namespace {
/// A connection that lived shorter than this does not reset the backoff: a server that greets and hangs up
/// would be called on without pause.
constexpr std::chrono::seconds stable_after{5};
constexpr std::size_t max_early = 1'000;
/// A buffer that grew for one large write is not kept.
constexpr std::size_t kept_buffer = 1U << 20U;
}  // namespace

connection::connection(loop& where, connection_options options, connection_hooks hooks)
    : loop_(where),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      target_(options_.to),
      reconnect_(where),
      watchdog_(where) {}

connection::~connection() {
  stop();
}

void connection::start() {
  if (phase_ == phase::idle) attempt();
}

void connection::stop() {
  if (phase_ == phase::stopped) return;
  *alive_ = false;
  reported_ = false;  // on purpose: nothing to report
  break_off("stopped");
  phase_ = phase::stopped;
  reconnect_.cancel();
}

void connection::attempt() {
  phase_ = phase::connecting;
  ++round_;
  reader_ = std::make_shared<reply_reader>();
  socket_ = std::make_unique<socket>(loop_);
  reconnect_.after(options_.connect_timeout, [this] { break_off("connecting timed out"); });
  socket_->connect(target_, options_.ca_file, [this](const std::string& error) {
    if (error.empty()) return connected();
    target_ = options_.to;
    break_off(error);
  });
}

void connection::connected() {
  phase_ = phase::greeting;
  std::vector<command> first;
  if (!target_.password.empty()) {
    first.emplace_back("AUTH");
    if (!target_.user.empty()) first.back().add(target_.user);
    first.back().add(target_.password);
  }
  if (target_.database != 0) first.emplace_back("SELECT", target_.database);
  first.emplace_back("PING");
  login_size_ = first.size();
  if (hooks_.greeting) {
    for (auto& one : hooks_.greeting()) first.push_back(std::move(one));
  }
  greeting_.clear();
  greeting_size_ = first.size();
  for (std::size_t i = 0; i < first.size(); ++i) {
    enqueue(first[i], [this, i](std::optional<reply> answer) { greeting_answered(i, std::move(answer)); },
            {});
  }
  read_more();
}

void connection::greeting_answered(std::size_t index, std::optional<reply> answer) {
  if (!answer || phase_ != phase::greeting) return;
  if (answer->is_error()) return break_off(answer->text);
  if (index >= login_size_) greeting_.push_back(std::move(*answer));
  if (index + 1 == greeting_size_) become_up();
}

void connection::become_up() {
  reconnect_.cancel();
  phase_ = phase::up;
  up_since_ = clock::now();
  ever_settled_ = true;
  if (hooks_.greeted) hooks_.greeted(std::exchange(greeting_, {}));
  report(true, "connected to " + target_.name());
  for (auto& one : std::exchange(early_, {})) send(one.what, std::move(one.answer), one.longer);
}

void connection::send(const command& what, handler answer, milliseconds longer) {
  if (phase_ == phase::up && pending_.size() < options_.max_pending) {
    enqueue(what, std::move(answer), longer);
  } else if (!ever_settled_ && phase_ != phase::stopped && early_.size() < max_early) {
    early_.push_back({what, std::move(answer), longer});
  } else {
    answer(std::nullopt);
  }
}

void connection::enqueue(const command& what, handler answer, milliseconds longer) {
  what.encode(out_);
  const auto now = clock::now();
  pending_.push_back({std::move(answer), now, now + options_.command_timeout + longer});
  watch_head();
  if (flush_posted_ || write_running_) return;
  flush_posted_ = true;
  loop_.post([this, alive = alive_] {
    if (!*alive) return;
    flush_posted_ = false;
    flush();
  });
}

void connection::flush() {
  if (write_running_ || out_.empty() || !socket_) return;
  write_running_ = true;
  writing_.clear();
  if (writing_.capacity() > kept_buffer) writing_.shrink_to_fit();
  writing_.swap(out_);
  socket_->write(writing_, [this](const std::string& error) {
    write_running_ = false;
    if (!error.empty()) return break_off(error);
    flush();
  });
}

void connection::read_more() {
  socket_->read([this](std::string_view bytes, const std::string& error) {
    if (!error.empty()) return break_off(error);
    received(bytes);
  });
}

void connection::received(std::string_view bytes) {
  const auto round = round_;
  const auto reader = reader_;  // a handler may drop the connection
  reader->feed(bytes);
  while (round == round_) {
    auto answer = reader->next();
    if (!answer) break;
    if (pending_.empty()) return break_off("a reply to nothing");
    auto first = std::move(pending_.front());
    pending_.pop_front();
    if (hooks_.answered) hooks_.answered(clock::now() - first.sent);
    first.answer(std::move(answer));
  }
  if (round != round_) return;
  if (reader->failed()) return break_off("protocol: " + reader->error());
  read_more();
}

void connection::watch_head() {
  if (watching_ || pending_.empty()) return;
  watching_ = true;
  const auto left = std::chrono::ceil<milliseconds>(pending_.front().deadline - clock::now());
  watchdog_.after(std::max(left, milliseconds(1)), [this] {
    watching_ = false;
    if (!pending_.empty() && pending_.front().deadline <= clock::now())
      return break_off("a command timed out");
    watch_head();
  });
}

void connection::drop(const std::string& why) {
  if (phase_ == phase::up || phase_ == phase::greeting) break_off(why);
}

void connection::follow(std::string_view host_and_port) {
  const auto colon = host_and_port.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string_view::npos) {
    std::from_chars(host_and_port.data() + colon + 1, host_and_port.data() + host_and_port.size(), port);
  }
  if (port != 0 && target_.unix_path.empty()) {
    if (colon != 0) target_.host = host_and_port.substr(0, colon);  // ":6381" = the same host
    target_.port = port;
  }
  drop("moved to " + target_.name());
}

void connection::hurry() {
  if (phase_ == phase::waiting) attempt();
}

void connection::break_off(const std::string& why) {
  if (phase_ == phase::stopped || phase_ == phase::waiting) return;
  if (phase_ == phase::up && clock::now() - up_since_ > stable_after) attempts_ = 0;
  phase_ = phase::waiting;
  ever_settled_ = true;
  ++round_;
  last_error_ = target_.name() + ": " + why;
  socket_.reset();
  out_.clear();
  write_running_ = false;
  watchdog_.cancel();
  watching_ = false;
  const double dice = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  reconnect_.after(options_.backoff.delay(++attempts_, dice), [this] { attempt(); });
  const auto unanswered = std::exchange(pending_, {});
  const auto waited = std::exchange(early_, {});
  for (const auto& one : unanswered) one.answer(std::nullopt);
  for (const auto& one : waited) one.answer(std::nullopt);
  report(false, last_error_);
}

void connection::report(bool up, const std::string& detail) {
  if (reported_ == up) return;
  reported_ = up;
  if (hooks_.changed) hooks_.changed(up, detail);
}

}  // namespace dispatch::redis
