#pragma once

// The part of store_conformance.hpp that is about what rests and dead letters refer to.

#include <memory>
#include <string>

#include "tests/support/store_conformance.hpp"

namespace dispatch {

inline stored_content_ptr content_of(const std::string& text) {
  return std::make_shared<const stored_content>(
      stored_content{"acme:j:" + text, std::make_shared<const std::string>(text)});
}

/// So many rests on the fcm:default waiting list, and letters.
inline checkpoint referring(const stored_content_ptr& content, std::uint32_t rests,
                            std::uint32_t letters = 0) {
  checkpoint what;
  for (std::uint32_t i = 0; i < rests; ++i) {
    parked rest{
        {lane::normal, "fcm:default"}, std::nullopt, "r" + std::to_string(i), "1 5 h 3 1x2", "c", "t"};
    rest.content = content;
    what.parks.push_back(rest);
  }
  for (std::uint32_t i = 0; i < letters; ++i) {
    dead_letter letter;
    letter.tenant = "acme";
    letter.document = "d" + std::to_string(i);
    letter.content = content;
    what.dead.push_back(letter);
  }
  what.contents.push_back({content, rests + letters});
  return what;
}

inline checkpoint end_of(const read_batch& batch, std::size_t first, std::size_t count) {
  checkpoint what;
  for (std::size_t i = first; i < first + count; ++i) {
    const auto& one = batch.entries.at(i);
    what.done.push_back({batch.from, one.id, one.content->ref});
  }
  return what;
}

TEST_P(store_conformance, a_content_is_there_as_long_as_something_refers_to_it) {
  process one(*backend, "one");
  const auto refs = [&] { return backend->hash("content:acme:j:text")["refs"]; };
  const auto content = content_of("text");
  ASSERT_TRUE(one.write(referring(content, 2)));
  EXPECT_EQ(refs(), "2");
  ASSERT_TRUE(one.write(referring(content, 1, 1)));
  EXPECT_EQ(refs(), "4");
  const auto waiting = std::make_shared<const source>(source{lane::normal, "fcm:default"});
  const auto got = one.read({{waiting, 10}});
  ASSERT_TRUE(got);
  const auto& batch = got->front();
  ASSERT_EQ(batch.entries.size(), 3u);
  for (const auto& each : batch.entries) {
    EXPECT_EQ(each.has_content, content_state::there);
    EXPECT_EQ(each.content->ref, "acme:j:text");
    ASSERT_TRUE(each.content->text);
    EXPECT_EQ(*each.content->text, "text");
    EXPECT_EQ(each.resume, "1 5 h 3 1x2");
  }
  ASSERT_TRUE(one.write(end_of(batch, 0, 2)));
  EXPECT_EQ(refs(), "2");
  // Who ends what is gone already gives nothing back.
  ASSERT_TRUE(one.write(end_of(batch, 0, 2)));
  EXPECT_EQ(refs(), "2");
  ASSERT_TRUE(one.write(end_of(batch, 2, 1)));
  EXPECT_EQ(refs(), "1") << "the dead letter's";
}

TEST_P(store_conformance, a_content_goes_with_the_last_that_refers_to_it) {
  process one(*backend, "one");
  const auto refs = [&] { return backend->hash("content:acme:j:text")["refs"]; };
  const auto content = content_of("text");
  ASSERT_TRUE(one.write(referring(content, 1)));
  const auto waiting = std::make_shared<const source>(source{lane::normal, "fcm:default"});
  const auto got = one.read({{waiting, 10}});
  // Parked on, in the step that ends the entry.
  auto moved = end_of(got->front(), 0, 1);
  auto rests = referring(content, 1);
  moved.parks = rests.parks;
  moved.parks.front().due = backend->now();
  moved.contents = rests.contents;
  ASSERT_TRUE(one.write(moved));
  EXPECT_EQ(refs(), "1");
  ASSERT_EQ(*one.move_due(), 1u);
  const auto again = one.read({{waiting, 10}});
  ASSERT_EQ(again->front().entries.size(), 1u);
  EXPECT_EQ(again->front().entries[0].has_content, content_state::there);
  ASSERT_TRUE(one.write(end_of(again->front(), 0, 1)));
  EXPECT_EQ(refs(), "");
  EXPECT_TRUE(backend->hash("content:acme:j:text").empty());
}

TEST_P(store_conformance, who_takes_over_gets_the_content_as_well) {
  process one(*backend, "one"), two(*backend, "two");
  ASSERT_TRUE(one.write(referring(content_of("text"), 2)));
  const auto waiting = std::make_shared<const source>(source{lane::normal, "fcm:default"});
  ASSERT_EQ(one.read({{waiting, 10}})->front().entries.size(), 2u);
  backend->lapse("one");
  const auto got = two.take_over("one");
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 1u);
  ASSERT_EQ(got->front().entries.size(), 2u);
  for (const auto& each : got->front().entries) {
    EXPECT_TRUE(each.recovered);
    EXPECT_EQ(*each.content->text, "text");
  }
}

TEST_P(store_conformance, a_rest_whose_content_is_gone_says_so) {
  process one(*backend, "one");
  auto what = referring(content_of("text"), 1);
  what.contents.clear();
  ASSERT_TRUE(one.write(what));
  const auto waiting = std::make_shared<const source>(source{lane::normal, "fcm:default"});
  const auto got = one.read({{waiting, 10}});
  ASSERT_EQ(got->front().entries.size(), 1u);
  EXPECT_EQ(got->front().entries[0].has_content, content_state::missing);
  EXPECT_EQ(got->front().entries[0].content->ref, "acme:j:text");
}

}  // namespace dispatch
