#pragma once

// Operator actions on a Redis of the test's own: a namespace a test.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "storage/operator/operator_actions.hpp"
#include "tests/support/redis_server.hpp"

namespace dispatch {

class operator_fixture : public ::testing::Test {
 protected:
  using fields = std::map<std::string, std::string>;

  std::string key(std::string_view rest) const { return space_ + ":" + std::string(rest); }
  redis::reply say(std::vector<std::string> command) {
    auto answer = redis_.command(command);
    EXPECT_FALSE(answer.is_error()) << command[0] << ": " << answer.text;
    return answer;
  }
  fields hash(std::string_view rest) { return as_map(say({"HGETALL", key(rest)})); }
  std::vector<fields> stream(std::string_view rest) {
    std::vector<fields> out;
    for (const auto& entry : say({"XRANGE", key(rest), "-", "+"}).elements)
      out.push_back(as_map(entry.at(1)));
    return out;
  }
  std::vector<fields> events() { return stream("control"); }
  bool is_member(std::string_view set, const std::string& member) {
    return say({"SISMEMBER", key(set), member}).as_integer() == 1;
  }
  bool exists(std::string_view rest) { return say({"EXISTS", key(rest)}).as_integer() == 1; }
  std::int64_t pttl(std::string_view rest) { return say({"PTTL", key(rest)}).as_integer(); }
  /// A rest in a waiting list, as write.lua parks it.
  void park(const std::string& scope, const std::string& lane, const std::string& document) {
    const auto list = key("wait:" + scope + ":" + lane);
    redis_.command({"XGROUP", "CREATE", list, "dispatchers", "0", "MKSTREAM"});
    say({"SADD", key("waiting"), scope + "\t" + lane});
    say({"XADD", list, "*", "job", document, "resume", "1 5 h 0 1x2", "correlation_id", "c-1", "traceparent",
         ""});
  }
  std::size_t groups(std::string_view rest) { return say({"XINFO", "GROUPS", key(rest)}).size(); }

  std::string space_ = [] {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    return std::string(test->test_suite_name()) + "-" + test->name();
  }();
  redis_client redis_ = redis_server::shared().client();
  operator_actions actions_{redis_, space_};

 private:
  static fields as_map(const redis::reply& flat) {
    fields out;
    for (std::size_t i = 0; i + 1 < flat.size(); i += 2) out[flat.at(i).text] = flat.at(i + 1).text;
    return out;
  }
};

}  // namespace dispatch
