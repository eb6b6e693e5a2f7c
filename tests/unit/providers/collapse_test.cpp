#include "transport/providers/render/collapse.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

TEST(apns_collapse_id, keeps_what_fits_and_hashes_the_rest) {
  EXPECT_EQ(apns_collapse_id("digest"), "digest");
  EXPECT_EQ(apns_collapse_id(std::string(64, 'a')), std::string(64, 'a'));
  const auto hashed = apns_collapse_id(std::string(65, 'a'));
  EXPECT_EQ(hashed.size(), 64u);
  EXPECT_EQ(hashed, apns_collapse_id(std::string(65, 'a')));
  EXPECT_NE(hashed, apns_collapse_id(std::string(66, 'a')));
}

TEST(web_push_topic, keeps_base64url_of_32_characters_and_hashes_the_rest) {
  EXPECT_EQ(web_push_topic("digest-2026_11"), "digest-2026_11");
  EXPECT_EQ(web_push_topic(std::string(32, 'a')), std::string(32, 'a'));
  for (const auto& key :
       {std::string(33, 'a'), std::string("a b"), std::string("d\xc3\xbcr\xc3\xbc"), std::string()}) {
    EXPECT_EQ(web_push_topic(key).size(), 32u) << key;
    EXPECT_EQ(web_push_topic(key).find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

TEST(web_push_topic, of_a_dedupe_key_is_its_32_digits) {
  const auto topic = web_push_topic(dedupe_key::of("t", "j", 1));
  EXPECT_EQ(topic.size(), 32u);
  EXPECT_EQ(topic.find('-'), std::string::npos);
}

}  // namespace
}  // namespace dispatch
