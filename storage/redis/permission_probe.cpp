#include "storage/redis/permission_probe.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace dispatch::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds usual_interval{10'000};
constexpr milliseconds refused_interval{1'000};

/// Every command of storage/scripts, storage/ingest and storage/operator, in a form that is complete; K
/// stands for the key. EVALSHA, SCRIPT, XREAD and INFO are missed at once where they are not allowed.
constexpr std::array<std::string_view, 45> needed{"DEL K",
                                                  "EXISTS K",
                                                  "GET K",
                                                  "HDEL K f",
                                                  "HGET K f",
                                                  "HGETALL K",
                                                  "HINCRBY K f 1",
                                                  "HLEN K",
                                                  "HMGET K f",
                                                  "HSET K f v",
                                                  "INCR K",
                                                  "LLEN K",
                                                  "LRANGE K 0 0",
                                                  "LTRIM K 0 0",
                                                  "MGET K",
                                                  "PERSIST K",
                                                  "PEXPIRE K 1",
                                                  "PTTL K",
                                                  "RENAME K K",
                                                  "RPUSH K v",
                                                  "SADD K m",
                                                  "SET K v",
                                                  "SMEMBERS K",
                                                  "SREM K m",
                                                  "TIME",
                                                  "TYPE K",
                                                  "XACK K g 0-1",
                                                  "XADD K * f v",
                                                  "XCLAIM K g c 0 0-1",
                                                  "XDEL K 0-1",
                                                  "XGROUP CREATE K g 0",
                                                  "XGROUP DELCONSUMER K g c",
                                                  "XINFO GROUPS K",
                                                  "XINFO STREAM K",
                                                  "XLEN K",
                                                  "XPENDING K g",
                                                  "XRANGE K - +",
                                                  "XREADGROUP GROUP g c STREAMS K >",
                                                  "XREVRANGE K + -",
                                                  "ZADD K 1 m",
                                                  "ZCARD K",
                                                  "ZCOUNT K 0 0",
                                                  "ZRANGEBYSCORE K 0 0",
                                                  "ZREM K m",
                                                  "ZSCORE K m"};

command command_of(std::string_view form, const std::string& key) {
  command out;
  while (!form.empty()) {
    const auto word = form.substr(0, form.find(' '));
    out.add(word == "K" ? std::string_view(key) : word);
    form.remove_prefix(std::min(form.size(), word.size() + 1));
  }
  return out;
}

}  // namespace

void permission_probe::start() {
  if (!noted_.heard()) return;
  // By itself first: where it is refused, what follows it would be run.
  link_.send(command("MULTI"), [this](const std::optional<reply>& answer) {
    // The engine needs no transactions: without them nothing can be said beforehand, and nothing is wrong.
    if (answer && !answer->is_error()) queue_all();
  });
  link_.send(command("DISCARD"), [](const std::optional<reply>&) {});
}

/// In one turn of the loop: nobody else's command comes between.
void permission_probe::queue_all() {
  refused_ = false;
  link_.send(command("MULTI"), [](const std::optional<reply>&) {});
  for (const auto form : needed) {
    link_.send(command_of(form, key_), [this, form](const std::optional<reply>& answer) {
      std::string name(form.substr(0, form.find(" K")));
      note(name, answer);
    });
  }
  link_.send(command("DISCARD"), [this](const std::optional<reply>& answer) {
    if (!answer) return;
    if (!refused_) noted_.rights_are_there();
    again_.after(refused_ ? refused_interval : usual_interval, [this] { start(); });
  });
}

void permission_probe::note(const std::string& name, const std::optional<reply>& answer) {
  if (!answer) return;
  const bool refused = answer->is_error() && is_setup_error(answer->text);
  refused_ = refused_ || refused;
  noted_.note(name, answer->is_error() ? answer->text : std::string());
}

}  // namespace dispatch::redis
