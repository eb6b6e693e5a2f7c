#include "storage/redis_client.hpp"

#include <optional>

#include "storage/redis/address.hpp"
#include "storage/redis/loop.hpp"
#include "storage/redis/resp.hpp"
#include "storage/redis/socket.hpp"

namespace dispatch {

struct redis_client::state {
  explicit state(redis_client_options given)
      : options(std::move(given)), to(redis::parse_address(options.url)) {}

  [[noreturn]] void fail(const std::string& why) {
    socket.reset();
    throw redis_unavailable("Redis at " + to.name() + ": " + why);
  }

  void wait_for(std::chrono::milliseconds timeout, const bool& finished, const std::string& error) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    if (!loop.run_until(deadline, [&] { return finished; })) fail("timed out");
    if (!error.empty()) fail(error);
  }

  std::optional<reply> connect();
  std::vector<reply> exchange(const std::vector<std::vector<std::string>>& commands);

  redis_client_options options;
  redis::address to;
  redis::loop loop;
  std::unique_ptr<redis::socket> socket;
  std::unique_ptr<redis::reply_reader> reader;
};

/// Answers what Redis said when it refused AUTH or SELECT.
std::optional<redis::reply> redis_client::state::connect() {
  reader = std::make_unique<redis::reply_reader>();
  socket = std::make_unique<redis::socket>(loop);
  bool finished = false;
  std::string error;
  socket->connect(to, options.ca_file, [&](const std::string& failure) {
    error = failure;
    finished = true;
  });
  wait_for(options.connect_timeout, finished, error);
  std::vector<std::vector<std::string>> greeting;
  if (!to.password.empty()) {
    greeting.push_back({"AUTH"});
    if (!to.user.empty()) greeting.back().push_back(to.user);
    greeting.back().push_back(to.password);
  }
  if (to.database != 0) greeting.push_back({"SELECT", std::to_string(to.database)});
  if (greeting.empty()) return std::nullopt;
  for (auto& answer : exchange(greeting)) {
    if (!answer.is_error()) continue;
    socket.reset();
    return std::move(answer);
  }
  return std::nullopt;
}

std::vector<redis::reply> redis_client::state::exchange(
    const std::vector<std::vector<std::string>>& commands) {
  std::string out;
  for (const auto& args : commands) {
    redis::command encoded;
    for (const auto& arg : args) encoded.add(arg);
    encoded.encode(out);
  }
  std::vector<reply> replies;
  bool written = false;  // waited for as well: the handler refers to this call
  bool answered = commands.empty();
  bool finished = false;
  std::string error;
  const auto settle = [&](const std::string& why) {
    if (error.empty()) error = why;
    finished = !error.empty() || (written && answered);
  };
  socket->write(out, [&](const std::string& why) {
    written = true;
    settle(why);
  });
  std::function<void(std::string_view, const std::string&)> received = [&](std::string_view bytes,
                                                                           const std::string& why) {
    if (!why.empty()) return settle(why);
    reader->feed(bytes);
    while (auto next = reader->next()) replies.push_back(std::move(*next));
    answered = replies.size() >= commands.size();
    settle(reader->failed() ? reader->error() : std::string());
    if (!answered && !finished) socket->read(received);
  };
  if (!answered) socket->read(received);
  wait_for(options.command_timeout, finished, error);
  return replies;
}

redis_client::redis_client(redis_client_options options)
    : state_(std::make_unique<state>(std::move(options))) {}
redis_client::~redis_client() = default;
redis_client::redis_client(redis_client&&) noexcept = default;
redis_client& redis_client::operator=(redis_client&&) noexcept = default;

redis::reply redis_client::command(std::vector<std::string> args) {
  std::vector<std::vector<std::string>> one;
  one.push_back(std::move(args));
  return std::move(pipeline(std::move(one)).front());
}

std::vector<redis::reply> redis_client::pipeline(std::vector<std::vector<std::string>> commands) {
  if (!state_->socket) {
    if (const auto refused = state_->connect()) return std::vector<reply>(commands.size(), *refused);
  }
  return state_->exchange(commands);
}

}  // namespace dispatch
