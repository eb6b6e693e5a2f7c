// The session in random conversations: with a real server of nghttp2's, and with bytes cut at random.

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <set>

#include "tests/property/core_policy/seed.hpp"
#include "tests/unit/http2/session_peer.hpp"
#include "transport/http2/client_session.hpp"

namespace dispatch::http2::test {
namespace {

using dispatch::test::dice;

session_options options() {
  session_options made;
  made.authority = "push.example";
  made.max_answer_bytes = 5'000;
  return made;
}

request any_request(dice& random, int number) {
  request call;
  static const auto shared = std::make_shared<const header_list>(header_list{
      {"authorization", "Bearer " + std::string(1'000, 'a')}, {"content-type", "application/json"}});
  call.shared = shared;
  call.path = "/" + std::to_string(random.one_in(2) ? 0 : number);
  call.own = {{"number", std::to_string(number)}};
  call.body.assign(
      static_cast<std::size_t>(random.one_in(5) ? random.between(0, 100'000) : random.between(0, 500)),
      static_cast<char>('a' + number % 26));
  return call;
}

class conversation {
 public:
  conversation(dice& random, client_session& client) : random_(random), client_(client) {}

  void step() {
    switch (random_.between(0, 9)) {
      case 0:
        return peer_.settings(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window());
      case 1:
        return peer_.settings(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE,
                              static_cast<std::uint32_t>(random_.between(0, 6'000)));
      case 2:
        return peer_.settings(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                              static_cast<std::uint32_t>(random_.between(0, 20)));
      case 3:
        return answer();
      case 4:
        return cancel();
      case 5:
        if (open_.empty()) return;
        peer_.rst(any_open()->stream, static_cast<std::uint32_t>(random_.between(0, 13)));
        return;
      case 6:
        client_.ping();
        return;
      default:
        return start();
    }
  }

  void settle() {
    ASSERT_TRUE(peer_.settle(client_)) << client_.error();
    ASSERT_EQ(client_.error(), "");
    ASSERT_EQ(peer_.goaway_code, UINT32_MAX);
    for (const auto& [x, how] : client_.ended()) {
      ASSERT_EQ(open_.erase(x), 1U);
      if (how != stream_end::answered) continue;
      ASSERT_EQ(x->answer, answers_[x->stream].substr(0, 5'000));
    }
    client_.ended().clear();
    ASSERT_EQ(client_.open(), open_.size());
    check_requests();
  }

  /// Lets all that is open come to its end.
  void finish() {
    peer_.settings(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20);
    settle();
    for (const auto* x : open_) answer_to(*x);
    settle();
    ASSERT_TRUE(open_.empty());
  }

  std::size_t arrived() const { return checked_.size(); }

 private:
  std::uint32_t window() {
    return static_cast<std::uint32_t>(random_.one_in(4) ? random_.between(0, 10)
                                                        : random_.between(0, 200'000));
  }

  exchange* any_open() {
    auto at = open_.begin();
    std::advance(at, random_.between(0, static_cast<std::int64_t>(open_.size()) - 1));
    return *at;
  }

  void start() {
    if (client_.room() == 0) return;
    auto& x = exchanges_.emplace_back(any_request(random_, ++number_));
    client_.start(x);
    open_.insert(&x);
    asked_[x.stream] = x.call;
  }

  void cancel() {
    if (open_.empty()) return;
    auto* const x = any_open();
    client_.cancel(*x);
    open_.erase(x);
  }

  void answer() {
    if (open_.empty()) return;
    answer_to(*any_open());
  }

  void answer_to(const exchange& x) {
    if (peer_.requests.count(x.stream) == 0 || answers_.count(x.stream) != 0) return;
    auto& body = answers_[x.stream];
    body.assign(static_cast<std::size_t>(random_.between(0, random_.one_in(5) ? 50'000 : 200)), 'r');
    peer_.answer(x.stream, 200, body);
  }

  void check_requests() {
    for (const auto& [stream, got] : peer_.requests) {
      if (!got.ended || !checked_.insert(stream).second) continue;
      const auto& meant = asked_.at(stream);
      ASSERT_EQ(got.body, meant.body);
      ASSERT_EQ(got.headers.at(":path"), meant.path);
      ASSERT_EQ(got.headers.at("number"), meant.own[0].second);
      ASSERT_EQ(got.headers.at("authorization"), (*meant.shared)[0].second);
      ASSERT_EQ(got.headers.at("content-length"), std::to_string(meant.body.size()));
    }
  }

  dice& random_;
  client_session& client_;
  session_peer peer_;
  std::list<exchange> exchanges_;
  std::set<exchange*> open_;
  std::map<std::int32_t, request> asked_;
  std::map<std::int32_t, std::string> answers_;
  std::set<std::int32_t> checked_;
  int number_ = 0;
};

TEST(session_property, server_of_nghttp2s_understands_every_request_whatever_it_sets) {
  dice random{72};
  std::size_t arrived = 0;
  for (int round = 0; round < 30 && !::testing::Test::HasFatalFailure(); ++round) {
    client_session client(options());
    conversation talk(random, client);
    for (int step = 0; step < 300 && !::testing::Test::HasFatalFailure(); ++step) {
      talk.step();
      if (random.one_in(3)) talk.settle();
    }
    talk.finish();
    arrived += talk.arrived();
  }
  EXPECT_GT(arrived, 500U);
}

/// Frames a server may send to one that has four streams open, most of them in order.
std::string any_frames(dice& random) {
  static const std::array<std::string, 6> blocks{"\x88",     std::string("\x08\x03") + "429\x75\x01" + "7",
                                                 "\xbe",     std::string("\x08\x03") + "103",
                                                 "\x88\x88", std::string("\x88\x0f\x0d\x01") + "3"};
  std::string out;
  for (auto count = random.between(1, 20); count > 0; --count) {
    const auto stream = static_cast<std::int32_t>(2 * random.between(0, 3) + 1);
    const auto end = static_cast<std::uint8_t>(random.between(0, 1));
    switch (random.between(0, 7)) {
      case 0:
        out += frame(NGHTTP2_PING, 0, 0, "12345678");
        break;
      case 1:
        out += frame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\7", 4));
        break;
      case 2:
        out += frame(NGHTTP2_WINDOW_UPDATE, 0, random.one_in(2) ? 0 : stream, std::string("\0\0\1\0", 4));
        break;
      case 3:
        out += frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\4\0\0\2\0", 6));
        break;
      case 4:
      case 5:
        out += frame(NGHTTP2_DATA, end, stream,
                     std::string(static_cast<std::size_t>(random.between(0, 300)), 'x'));
        break;
      default:
        out += frame(NGHTTP2_HEADERS, static_cast<std::uint8_t>(end | NGHTTP2_FLAG_END_HEADERS), stream,
                     blocks[static_cast<std::size_t>(random.between(0, blocks.size() - 1))]);
    }
  }
  if (random.one_in(4))
    out[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(out.size()) - 1))] ^= 1;
  return out;
}

/// Everything the session made of `bytes`, as one text.
template <class Cut>
std::string made_of(const std::string& bytes, Cut cut) {
  client_session client(options());
  const auto settings = frame(NGHTTP2_SETTINGS, 0, 0, "");
  std::list<exchange> exchanges;
  const auto feed = [&client](std::string_view part) {
    client.receive({reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
  };
  feed(settings);
  dice same{73};
  for (int i = 0; i < 4; ++i) client.start(exchanges.emplace_back(any_request(same, i)));
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = cut(bytes.size() - at);
    feed(std::string_view(bytes).substr(at, size));
    at += size;
  }
  std::string seen;
  for (const auto& [x, how] : client.ended())
    seen += std::to_string(x->stream) + ' ' + std::to_string(static_cast<int>(how)) + ' ' +
            std::to_string(x->status) + ' ' + x->retry_after + ' ' + x->answer + '\n';
  seen += client.error() + '\n';
  client.collect(seen);
  return seen;
}

TEST(session_property, slicing_of_the_input_changes_nothing) {
  dice random{74};
  for (int round = 0; round < 3'000; ++round) {
    const auto bytes = any_frames(random);
    const auto whole = made_of(bytes, [](std::size_t left) { return left; });
    const auto sliced = made_of(bytes, [&random](std::size_t left) {
      return static_cast<std::size_t>(
          random.between(1, std::min<std::int64_t>(30, static_cast<std::int64_t>(left))));
    });
    ASSERT_EQ(whole, sliced) << round;
  }
}

}  // namespace
}  // namespace dispatch::http2::test
