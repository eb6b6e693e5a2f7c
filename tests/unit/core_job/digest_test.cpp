// The keys below were computed independently (Python's hashlib and uuid). They must never change: attempts
// before and after an upgrade have to agree.

#include "core/digest.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

TEST(dedupe_key, is_the_uuid_of_tenant_job_and_index) {
  EXPECT_EQ(dedupe_key::of("duru-notes", "digest-2026-11-23", 0).text(),
            "677fd3a6-b4f0-851a-a978-521ab74605a4");
  EXPECT_EQ(dedupe_key::of("default", "normal-1-0", 499).text(), "b6884af3-8e92-82d8-a9cb-2b2c3c99b7e2");
}

TEST(dedupe_key, has_version_8_and_the_variant_of_RFC_9562) {
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto key = dedupe_key::of("t", "j", i);
    ASSERT_EQ(key.text().size(), 36u);
    ASSERT_EQ(key.text()[14], '8');
    ASSERT_NE(std::string_view("89ab").find(key.text()[19]), std::string_view::npos);
  }
}

TEST(dedupe_key, tells_recipients_apart) {
  EXPECT_NE(dedupe_key::of("t", "j", 1).text(), dedupe_key::of("t", "j", 11).text());
  EXPECT_NE(dedupe_key::of("t", "j", 1).text(), dedupe_key::of("tj", "", 1).text());
}

TEST(sha256, is_that_of_FIPS_180_4) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(token_hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace dispatch
