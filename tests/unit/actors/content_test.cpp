// A job whose message is large beside its recipients: what leaves memory of it refers to the message.

#include <gtest/gtest.h>

#include "core/job/job_parser.hpp"
#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t message_bytes = 100'000;

void with_webhooks(settings& config) {
  config.platforms.served_by[index_of(platform::webhook)] = provider::webhook;
  config.webhook.emplace_back();
  config.webhook[0].schedule.assign(2, 60s);
}

/// Each recipient at a host of its own, and another platform's overrides.
std::string large_job(int recipients) {
  std::vector<std::string> urls;
  for (int i = 0; i < recipients; ++i) urls.push_back("https://h" + std::to_string(i) + ".example/in");
  return webhook_document("j", urls,
                          R"("overrides":{"email":{"text":")" + std::string(message_bytes, 'x') + "\"}},");
}

std::size_t stored_bytes(const fake_world& world) {
  std::size_t bytes = 0;
  for (const auto& [name, stream] : world.streams) {
    for (const auto& [id, fields] : stream.entries) {
      for (const auto& [field, value] : fields) bytes += value.size();
    }
  }
  for (const auto& [at, rest] : world.due) bytes += rest.document.size() + rest.resume.size();
  for (const auto& [name, fields] : world.hashes) {
    for (const auto& [field, value] : fields) bytes += value.size();
  }
  return bytes;
}

std::size_t contents(const fake_world& world) {
  std::size_t count = 0;
  for (const auto& [name, fields] : world.hashes) count += name.starts_with("content:") ? 1 : 0;
  return count;
}

TEST(content, is_stored_once_while_its_job_waits_to_be_tried_again) {
  virtual_engine engine(with_webhooks);
  engine.on_origin = [](const std::string&, scripted_channel& way) {
    way.answer = [](const seen_request& request) {
      return scripted_channel::status(request.attempt > 1 ? 200 : 503);
    };
  };
  const auto document = large_job(300);
  engine.add(lane::normal, document);
  ASSERT_TRUE(engine.run_until([&] { return engine.webhooks().size() >= 300; }, 20s));
  engine.run_for(10s);
  EXPECT_EQ(contents(engine.world()), 1u);
  EXPECT_LE(stored_bytes(engine.world()), 3 * document.size() + 300 * 1'024);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 200s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "300");
  EXPECT_EQ(engine.job_field("j", "state"), "done");
  EXPECT_EQ(contents(engine.world()), 0u);
}

TEST(content, belongs_to_dead_letters_too) {
  virtual_engine engine(with_webhooks);
  engine.on_origin = [](const std::string&, scripted_channel& way) {
    way.answer = [](const seen_request&) { return scripted_channel::status(503); };
  };
  const auto document = large_job(50);
  engine.add(lane::normal, document);
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("j", "state") == "done"; }, 2'000s));
  EXPECT_EQ(engine.job_field("j", "dead"), "50");
  EXPECT_EQ(contents(engine.world()), 1u);
  EXPECT_LE(stored_bytes(engine.world()), 3 * document.size() + 50 * 1'024);
  const auto letters = engine.world().streams["dead"].entries;
  ASSERT_FALSE(letters.empty());
  const auto& letter = letters.begin()->second;
  const auto& content = engine.world().hashes.at("content:" + letter.at("content"));
  EXPECT_EQ(content.at("refs"), std::to_string(letters.size()));
  const auto whole = whole_document(content.at("document"), letter.at("job"));
  ASSERT_TRUE(whole);
  EXPECT_TRUE(std::holds_alternative<std::unique_ptr<job>>(job_parser{}.parse(*whole)));
}

TEST(content, that_is_lost_ends_its_recipients_dead) {
  virtual_engine engine(with_webhooks);
  engine.on_origin = [](const std::string&, scripted_channel& way) {
    way.answer = [](const seen_request&) { return scripted_channel::status(503); };
  };
  engine.add(lane::normal, large_job(20));
  ASSERT_TRUE(engine.run_until([&] { return contents(engine.world()) == 1; }, 20s));
  engine.run_for(5s);
  std::erase_if(engine.world().hashes, [](const auto& each) { return each.first.starts_with("content:"); });
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("j", "state") == "done"; }, 2'000s));
  EXPECT_EQ(engine.job_field("j", "dead"), "20");
  for (const auto& [id, letter] : engine.world().streams["dead"].entries)
    EXPECT_EQ(letter.at("reason"), "content_missing");
}

TEST(content, of_a_short_message_is_copied) {
  virtual_engine engine(with_webhooks);
  engine.on_origin = [](const std::string&, scripted_channel& way) {
    way.answer = [](const seen_request& request) {
      return scripted_channel::status(request.attempt > 1 ? 200 : 503);
    };
  };
  engine.add(lane::normal, webhook_document("j", {"https://a.example/", "https://b.example/"}));
  ASSERT_TRUE(engine.run_until([&] { return engine.webhooks().size() == 2; }, 20s));
  engine.run_for(5s);
  EXPECT_EQ(contents(engine.world()), 0u);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 200s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "2");
}

}  // namespace
}  // namespace dispatch
