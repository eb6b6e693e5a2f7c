#include "apps/sandbox/h2_session.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/apps/sandbox/h2_client.hpp"

namespace dispatch::sandbox {
namespace {

class h2 : public testing::Test, private h2_session::events {
 protected:
  void on_request(exchange& with) override {
    paths_[with.stream_id] = with.req.path;
    received_ = with.req.body;
    received_bytes_ = with.req.body_bytes;
    if (with.req.path == "/wait") {
      with.at = phase::waiting;
    } else if (with.req.path == "/reset") {
      server_.reset(with, NGHTTP2_INTERNAL_ERROR);
    } else if (with.req.path == "/hang") {
      with.at = phase::silent;
    } else {
      with.ans.status = 429;
      with.ans.body = "answer";
      with.ans.content_type = "text/plain";
      with.ans.retry_after_s = 7;
      server_.respond(with);
    }
  }
  void on_stream_gone(exchange& with, bool refused) override {
    gone_.insert(with.stream_id);
    if (refused) refused_.insert(with.stream_id);
  }
  void release(std::int32_t stream) {
    auto* with = server_.find(stream);
    ASSERT_NE(with, nullptr);
    server_.respond(*with);
  }

  std::atomic<std::int64_t> open_{0};
  h2_session server_{*this, 10, open_};
  testing_h2::client client_{server_};
  std::map<std::int32_t, std::string> paths_;
  std::string received_;
  std::size_t received_bytes_ = 0;
  std::set<std::int32_t> gone_, refused_;
};

TEST_F(h2, answers_a_request) {
  const auto stream = client_.post("/now", "hello");
  client_.exchange_bytes();
  EXPECT_EQ(received_, "hello");
  EXPECT_EQ(client_.status[stream], "429");
  EXPECT_EQ(client_.body[stream], "answer");
  EXPECT_EQ(client_.closed.at(stream), 0U);
  EXPECT_EQ(open_, 0);
}

TEST_F(h2, keeps_64_kib_of_a_body_and_counts_the_rest) {
  client_.post("/now", std::string(100'000, 'x'));
  client_.exchange_bytes();
  EXPECT_EQ(received_.size(), h2_session::max_body_bytes);
  EXPECT_EQ(received_bytes_, 100'000U);
}

TEST_F(h2, resets_a_stream_with_an_endless_body) {
  const auto stream = client_.post("/now", std::string(5'000'000, 'x'));
  client_.exchange_bytes();
  EXPECT_EQ(client_.closed.at(stream), static_cast<std::uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM));
  EXPECT_TRUE(paths_.empty());
}

TEST_F(h2, resets_on_demand) {
  const auto stream = client_.post("/reset", "x");
  client_.exchange_bytes();
  EXPECT_EQ(client_.closed.at(stream), static_cast<std::uint32_t>(NGHTTP2_INTERNAL_ERROR));
}

TEST_F(h2, tells_a_new_stream_limit_to_a_living_connection) {
  client_.exchange_bytes();
  EXPECT_EQ(client_.stream_limit(), 10U);
  server_.limit_streams(1);
  client_.exchange_bytes();
  EXPECT_EQ(client_.stream_limit(), 1U);
}

TEST_F(h2, goaway_half_refuses_the_upper_half_and_serves_the_lower) {
  std::vector<std::int32_t> streams;
  for (int i = 0; i < 6; ++i) streams.push_back(client_.post("/wait", "x"));
  client_.exchange_bytes();
  server_.go_away(goaway_mode::half);
  client_.exchange_bytes();
  EXPECT_EQ(client_.goaway_last, streams[2]);
  EXPECT_EQ(refused_, (std::set<std::int32_t>{streams[3], streams[4], streams[5]}));
  EXPECT_EQ(client_.closed.at(streams[5]), static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_FALSE(server_.finished());
  for (int i = 0; i < 3; ++i) release(streams[static_cast<std::size_t>(i)]);
  client_.exchange_bytes();
  EXPECT_EQ(client_.status[streams[2]], "200");
  EXPECT_TRUE(server_.finished());
}

TEST_F(h2, goaway_all_serves_what_is_open) {
  const auto stream = client_.post("/wait", "x");
  client_.exchange_bytes();
  server_.go_away(goaway_mode::all);
  client_.exchange_bytes();
  EXPECT_EQ(client_.goaway_last, stream);
  release(stream);
  client_.exchange_bytes();
  EXPECT_EQ(client_.status[stream], "200");
  EXPECT_TRUE(refused_.empty());
  EXPECT_TRUE(server_.finished());
}

TEST_F(h2, goaway_none_refuses_all_without_an_answer) {
  client_.post("/now", "x");
  client_.exchange_bytes();
  const auto stream = client_.post("/wait", "x");
  const auto hung = client_.post("/hang", "x");
  client_.exchange_bytes();
  server_.go_away(goaway_mode::none);
  client_.exchange_bytes();
  EXPECT_EQ(client_.goaway_last, 0);
  EXPECT_EQ(refused_, (std::set<std::int32_t>{stream, hung}));
  EXPECT_TRUE(server_.finished());
}

TEST_F(h2, reports_every_open_stream_when_abandoned) {
  const auto stream = client_.post("/wait", "x");
  client_.exchange_bytes();
  server_.abandon();
  EXPECT_TRUE(gone_.contains(stream));
  EXPECT_TRUE(refused_.empty());
  EXPECT_EQ(open_, 0);
}

TEST_F(h2, survives_garbage) {
  const std::string garbage = "GET / HTTP/1.1\r\n\r\n";
  EXPECT_FALSE(server_.receive({reinterpret_cast<const std::uint8_t*>(garbage.data()), garbage.size()}));
}

}  // namespace
}  // namespace dispatch::sandbox
