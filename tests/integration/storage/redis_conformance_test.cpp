// The real store on a real redis-server, each test in a namespace of its own.

#include "storage/redis_store.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/store_conformance.hpp"
#include "tests/support/store_conformance_audience.hpp"
#include "tests/support/store_conformance_content.hpp"
#include "tests/support/store_conformance_leases.hpp"
#include "tests/support/store_conformance_posts.hpp"
#include "tests/support/store_conformance_state.hpp"
#include "tests/support/store_conformance_suspects.hpp"
#include "tests/support/store_conformance_tokens.hpp"

namespace dispatch {
namespace {

class redis_backend final : public store_backend {
 public:
  redis_backend() {
    static int count = 0;
    name_ = "{test-" + std::to_string(++count) + "}";
  }
  std::unique_ptr<store> open(const std::string& consumer) override {
    redis_options options;
    options.url = redis_server::shared().url();
    options.name_space = name_;
    options.consumer = consumer;
    return make_redis_store(options, {});
  }
  void run() override {}
  epoch_ms now() override {
    const auto time = client_.command({"TIME"});
    return epoch_ms(time.at(0).as_integer() * 1'000 + time.at(1).as_integer() / 1'000);
  }
  std::string add(const std::string& stream, const fields& entry) override {
    std::vector<std::string> args{"XADD", key(stream), "*"};
    for (const auto& [name, value] : entry) args.insert(args.end(), {name, value});
    return client_.command(args).text;
  }
  std::vector<fields> stream(const std::string& name) override {
    std::vector<fields> all;
    for (const auto& entry : client_.command({"XRANGE", key(name), "-", "+"}).elements) {
      all.push_back(pairs(entry.at(1)));
    }
    return all;
  }
  std::size_t pending(const std::string& stream) override {
    return static_cast<std::size_t>(
        client_.command({"XPENDING", key(stream), "dispatchers"}).at(0).as_integer());
  }
  fields hash(const std::string& name) override { return pairs(client_.command({"HGETALL", key(name)})); }
  void set_hash(const std::string& name, const fields& values) override {
    for (const auto& [field, value] : values) client_.command({"HSET", key(name), field, value});
  }
  void push(const std::string& name, const std::vector<std::string>& elements) override {
    for (const auto& one : elements) client_.command({"RPUSH", key(name), one});
  }
  std::vector<std::string> list(const std::string& name) override {
    std::vector<std::string> all;
    for (const auto& one : client_.command({"LRANGE", key(name), "0", "-1"}).elements)
      all.push_back(one.text);
    return all;
  }
  void remove(const std::string& stream, const std::string& id) override {
    client_.command({"XDEL", key(stream), id});
  }
  void lapse(const std::string& consumer) override {
    client_.command({"ZADD", key("owners"), "0", consumer});
  }
  // What is stored gets older by that.
  void pass(std::chrono::milliseconds time) override {
    const auto less = std::to_string(-time.count());
    for (const auto& one : client_.command({"ZRANGE", key("owners"), "(0", "+inf", "BYSCORE"}).elements) {
      client_.command({"ZINCRBY", key("owners"), less, one.text});
    }
  }
  void be_away(std::chrono::milliseconds time) override {
    pass(time);
    client_.command({"HINCRBY", key("meta"), "served_at", std::to_string(-time.count())});
  }

 private:
  std::string key(const std::string& name) const { return name_ + ":" + name; }
  static fields pairs(const redis::reply& flat) {
    fields all;
    for (std::size_t i = 0; i + 1 < flat.size(); i += 2) all[flat.at(i).text] = flat.at(i + 1).text;
    return all;
  }

  std::string name_;
  redis_client client_ = redis_server::shared().client();
};

INSTANTIATE_TEST_SUITE_P(redis, store_conformance,
                         testing::Values(backend_factory([] { return std::make_unique<redis_backend>(); })));

}  // namespace
}  // namespace dispatch
