// Dead letters: pages, purge, and redrive, which keeps the dedupe keys and the job's count.

#include <gmock/gmock.h>

#include <future>

#include "storage/redis_store.hpp"
#include "tests/integration/storage/operator/fixture.hpp"

namespace dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using kind = redrive_result::kind;

constexpr std::int64_t stored_ms = 1'795'402'800'123;

class operator_dead : public operator_fixture {
 protected:
  static std::string document(const std::string& id) {
    return R"({"id":")" + id +
           R"(","tenant":"t","message":{"title":"T"},"recipients":[{"platform":"android","token":"a"},)" +
           R"({"platform":"ios","token":"b"}]})";
  }
  /// A letter of two recipients.
  std::string add(const std::string& id, const std::string& resume = "1 1795402800123 h 7,9 1x5,1x3",
                  const std::string& reason = "retries") {
    std::vector<std::string> command{"XADD",   key("dead"), "*",        "tenant", "t",    "job", document(id),
                                     "reason", reason,      "attempts", "5",      "lane", "bulk"};
    if (!resume.empty()) command.insert(command.end(), {"resume", resume, "correlation_id", "c-9"});
    return say(command).text;
  }
  void job(const std::string& id, const std::string& state, int left, int dead,
           std::int64_t created_at = stored_ms) {
    say({"HSET", key("job:t:" + id), "state", state, "left", std::to_string(left), "dead",
         std::to_string(dead), "total", "10", "created_at", std::to_string(created_at), "finished_at", "9"});
    say({"PEXPIRE", key("job:t:" + id), "86400000"});
  }
  std::uint64_t letters() { return static_cast<std::uint64_t>(say({"XLEN", key("dead")}).as_integer()); }
};

TEST_F(operator_dead, redrive_puts_the_recipients_back_where_they_were_in_their_job) {
  job("d", "done", 0, 3);
  const auto entry = add("d");
  const auto answer = actions_.redrive_dead(entry);
  EXPECT_EQ(answer.what, kind::moved);
  EXPECT_EQ(answer.recipients, 2u);
  EXPECT_EQ(letters(), 0u);
  EXPECT_THAT(stream("wait:ready:bulk"), ElementsAre(fields{{"job", document("d")},
                                                            {"resume", "1 1795402800123 h 7,9 2x0"},
                                                            {"correlation_id", "c-9"},
                                                            {"traceparent", ""}}));
  EXPECT_TRUE(is_member("waiting", "ready\tbulk"));
  EXPECT_EQ(groups("wait:ready:bulk"), 1u);
  auto record = hash("job:t:d");
  EXPECT_EQ(record["state"], "running");
  EXPECT_EQ(record["dead"], "1");
  EXPECT_EQ(record["left"], "2");
  EXPECT_EQ(record.count("finished_at"), 0u);
  EXPECT_EQ(pttl("job:t:d"), -1);
  EXPECT_EQ(actions_.redrive_dead(entry).what, kind::gone) << "a second operator, or the same after a crash";
  EXPECT_EQ(hash("job:t:d")["left"], "2");
}

TEST_F(operator_dead, a_redriven_rest_is_read_and_ends_its_job_again) {
  job("d", "done", 0, 2);
  actions_.redrive_dead(add("d"));
  redis_options options;
  options.url = redis_server::shared().url();
  options.name_space = space_;
  options.consumer = "one";
  const auto storage = make_redis_store(options, {});
  std::promise<bool> acquired;
  storage->acquire(std::chrono::seconds(30), [&](auto epoch) { acquired.set_value(epoch.has_value()); });
  ASSERT_TRUE(acquired.get_future().get());
  const auto ready = std::make_shared<source>(source{lane::bulk, std::string(ready_scope)});
  std::promise<std::vector<read_batch>> got;
  storage->read({{ready, 10}}, 1 << 20, [&](auto batches) { got.set_value(std::move(*batches)); });
  const auto batches = got.get_future().get();
  ASSERT_THAT(batches, SizeIs(1));
  ASSERT_THAT(batches[0].entries, SizeIs(1));
  EXPECT_EQ(batches[0].entries[0].resume, "1 1795402800123 h 7,9 2x0");

  auto what = std::make_shared<checkpoint>();
  what->done.push_back({ready, batches[0].entries[0].id});
  what->jobs.push_back({"t", "d", {}});
  what->jobs[0].add[index_of(outcome::delivered)] = 2;
  std::promise<bool> written;
  storage->write(1, what, [&](auto answer) { written.set_value(answer.has_value()); });
  ASSERT_TRUE(written.get_future().get());
  auto record = hash("job:t:d");
  EXPECT_EQ(record["state"], "done");
  EXPECT_EQ(record["dead"], "0");
  EXPECT_EQ(record["delivered"], "2");
}

TEST_F(operator_dead, a_job_still_at_work_or_paused_stays_so) {
  for (const std::string state : {"running", "paused"}) {
    job("d", state, 4, 2);
    EXPECT_EQ(actions_.redrive_dead(add("d")).what, kind::moved);
    EXPECT_EQ(hash("job:t:d")["state"], state);
    EXPECT_EQ(hash("job:t:d")["left"], "6");
  }
}

TEST_F(operator_dead, a_cancelled_job_is_not_brought_back) {
  job("d", "cancelled", 0, 2);
  EXPECT_EQ(actions_.redrive_dead(add("d"), {.as_new = true}).what, kind::cancelled);
  EXPECT_EQ(letters(), 1u);
  EXPECT_FALSE(exists("wait:ready:bulk"));
}

TEST_F(operator_dead, a_job_without_a_record_or_with_a_namesakes_is_not_counted) {
  EXPECT_EQ(actions_.redrive_dead(add("gone")).what, kind::moved);
  EXPECT_FALSE(exists("job:t:gone"));
  job("later", "running", 4, 2, stored_ms + 2 * 86'400'000LL);
  EXPECT_EQ(actions_.redrive_dead(add("later")).what, kind::moved);
  EXPECT_EQ(hash("job:t:later")["left"], "4");
  job("fewer", "done", 0, 1);
  EXPECT_EQ(actions_.redrive_dead(add("fewer")).what, kind::moved);
  EXPECT_EQ(hash("job:t:fewer")["state"], "done");
  EXPECT_EQ(actions_.redrive_dead(add("bare", "1 1795402800123 - 7,9 2x5")).what, kind::moved);
  const auto ready = stream("wait:ready:bulk");
  ASSERT_EQ(ready.size(), 4u);
  for (const auto& entry : ready) EXPECT_EQ(entry.at("resume"), "1 1795402800123 - 7,9 2x0");
}

TEST_F(operator_dead, what_has_no_place_in_a_job_is_refused_or_sent_as_new) {
  const auto entry = add("d", "");
  const auto refused = actions_.redrive_dead(entry);
  EXPECT_EQ(refused.what, kind::refused);
  EXPECT_NE(refused.detail, "");
  EXPECT_EQ(letters(), 1u);
  const auto sent = actions_.redrive_dead(entry, {.as_new = true, .lane = lane::high});
  EXPECT_EQ(sent.what, kind::as_new);
  EXPECT_EQ(sent.recipients, 2u);
  EXPECT_EQ(letters(), 0u);
  ASSERT_THAT(stream("jobs:high"), SizeIs(1));
  EXPECT_EQ(stream("jobs:high")[0].at("job").find("\"id\""), std::string::npos);
  EXPECT_EQ(actions_.redrive_dead(entry, {.as_new = true}).what, kind::gone);

  const auto junk =
      say({"XADD", key("dead"), "*", "tenant", "default", "job", "not JSON", "reason", "malformed"}).text;
  EXPECT_EQ(actions_.redrive_dead(junk, {.as_new = true}).what, kind::refused);
  EXPECT_EQ(letters(), 1u);
  EXPECT_EQ(actions_.redrive_dead("-").what, kind::gone);
}

TEST_F(operator_dead, a_spoiled_key_changes_nothing) {
  job("d", "done", 0, 2);
  say({"SET", key("waiting"), "not a set"});
  EXPECT_THROW(actions_.redrive_dead(add("d")), operator_error);
  EXPECT_EQ(letters(), 1u);
  EXPECT_FALSE(exists("wait:ready:bulk"));
  EXPECT_EQ(hash("job:t:d")["dead"], "2");
}

TEST_F(operator_dead, pages_show_everything_but_documents_in_both_directions) {
  std::vector<std::string> entries;
  for (int i = 0; i < 30; ++i)
    entries.push_back(add("d", "1 5 h 0-1 2x0", i % 3 == 0 ? "poison" : "retries"));
  const auto newest = actions_.list_dead({.tenant = "t", .reason = "poison", .limit = 4});
  ASSERT_THAT(newest.letters, SizeIs(4));
  EXPECT_EQ(newest.letters[0].entry, entries[27]);
  EXPECT_EQ(newest.letters[0].document, "");
  EXPECT_EQ(newest.letters[0].document_bytes, document("d").size());
  EXPECT_EQ(newest.letters[0].recipients(), 2u);
  EXPECT_EQ(newest.letters[0].lane, lane::bulk);
  const auto next =
      actions_.list_dead({.tenant = "t", .reason = "poison", .limit = 50, .after = newest.next});
  EXPECT_THAT(next.letters, SizeIs(6));
  EXPECT_EQ(next.next, "");

  dead_query query;
  query.oldest_first = true;
  query.limit = 7;
  query.until = entries[19];
  std::vector<std::string> seen;
  do {
    const auto page = actions_.list_dead(query);
    for (const auto& letter : page.letters) seen.push_back(letter.entry);
    query.after = page.next;
  } while (!query.after.empty());
  entries.resize(20);
  EXPECT_EQ(seen, entries);
  EXPECT_THAT(actions_.list_dead({.tenant = "u"}).letters, IsEmpty());
}

TEST_F(operator_dead, a_page_looks_at_a_bounded_number) {
  for (int i = 0; i < 600; ++i) add("d", "", i == 0 ? "poison" : "retries");
  const auto page = actions_.list_dead({.reason = "poison"});
  EXPECT_THAT(page.letters, IsEmpty());
  ASSERT_NE(page.next, "");
  EXPECT_THAT(actions_.list_dead({.reason = "poison", .after = page.next}).letters, SizeIs(1));
}

TEST_F(operator_dead, purge_takes_what_is_named) {
  std::vector<std::string> entries{add("a"), add("b"), add("c"), "-", "nonsense"};
  EXPECT_EQ(actions_.purge_dead(std::span(entries).subspan(1)), 2u);
  EXPECT_EQ(actions_.purge_dead(std::span(entries).subspan(1)), 0u);
  EXPECT_EQ(letters(), 1u);
  ASSERT_TRUE(actions_.show_dead(entries[0]));
  EXPECT_EQ(actions_.show_dead(entries[0])->document, document("a"));
  EXPECT_FALSE(actions_.show_dead(entries[1]));
}

// Letters of a job with a large message: they hold recipients, and refer to the rest.
class operator_dead_content : public operator_dead {
 protected:
  static constexpr auto ref = "t:d:0123";
  void store_content(int refs) {
    say({"HSET", key(std::string("content:") + ref), "document",
         R"({"id":"d","tenant":"t","message":{"title":"T"}})", "refs", std::to_string(refs)});
  }
  std::string add_referring(const std::string& resume = "1 1795402800123 h 7 1x5") {
    return say({"XADD", key("dead"), "*", "tenant", "t", "job",
                R"({"recipients":[{"platform":"ios","token":"b"}]})", "reason", "retries", "attempts", "5",
                "lane", "bulk", "content", ref, "resume", resume})
        .text;
  }
  std::string refs() { return hash(std::string("content:") + ref)["refs"]; }
};

TEST_F(operator_dead_content, is_shown_whole) {
  store_content(1);
  const auto shown = actions_.show_dead(add_referring());
  ASSERT_TRUE(shown);
  EXPECT_EQ(
      shown->document,
      R"({"id":"d","tenant":"t","message":{"title":"T"},"recipients":[{"platform":"ios","token":"b"}]})");
}

TEST_F(operator_dead_content, redrive_takes_the_reference_along) {
  job("d", "done", 0, 2);
  store_content(2);
  EXPECT_EQ(actions_.redrive_dead(add_referring()).what, kind::moved);
  ASSERT_THAT(stream("wait:ready:bulk"), SizeIs(1));
  EXPECT_EQ(stream("wait:ready:bulk")[0].at("content"), ref);
  EXPECT_EQ(refs(), "2");
}

TEST_F(operator_dead_content, purge_gives_the_reference_back) {
  store_content(3);
  const std::vector<std::string> entries{add_referring(), add_referring(), add_referring(), add("other")};
  EXPECT_EQ(actions_.purge_dead(std::span(entries).first(2)), 2u);
  EXPECT_EQ(refs(), "1");
  EXPECT_EQ(actions_.purge_dead(std::span(entries).first(2)), 0u);
  EXPECT_EQ(refs(), "1");
  EXPECT_EQ(actions_.purge_dead(std::span(entries).subspan(2)), 2u);
  EXPECT_FALSE(exists(std::string("content:") + ref));
}

TEST_F(operator_dead_content, sent_as_a_new_job_is_whole_and_refers_to_nothing) {
  store_content(1);
  EXPECT_EQ(actions_.redrive_dead(add_referring("none"), {.as_new = true}).what, kind::as_new);
  ASSERT_THAT(stream("jobs:bulk"), SizeIs(1));
  EXPECT_EQ(stream("jobs:bulk")[0].at("job"),
            R"({"tenant":"t","message":{"title":"T"},"recipients":[{"platform":"ios","token":"b"}]})");
  EXPECT_FALSE(exists(std::string("content:") + ref));
}

}  // namespace
}  // namespace dispatch
