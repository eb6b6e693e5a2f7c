// What the guide shows must not only be a job, but one its providers take.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support.hpp"
#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/fcm_adapter.hpp"

namespace dispatch::testing {
namespace {

bool goes_to_apns(const recipient& who) {
  return who.platform == platform::ios &&
         (who.kind == target_kind::token || who.kind == target_kind::channel);
}

bool goes_to_fcm(const recipient& who) {
  return who.platform == platform::android || who.kind == target_kind::topic;
}

TEST(examples, are_rendered_for_fcm_and_apns) {
  const auto fcm = make_fcm_adapter({.project_id = "p"});
  const auto apns = make_apns_adapter({.topic = "com.duru.notes"});
  std::size_t to_fcm = 0, to_apns = 0;
  for (const auto& entry : std::filesystem::directory_iterator(DISPATCH_SOURCE_DIR "/docs/examples")) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const auto source = parse_job({std::istreambuf_iterator<char>(file), {}});
    ASSERT_TRUE(source);
    for (std::size_t at = 0; at < source->recipients.size(); ++at) {
      const auto& who = source->recipients[at];
      if (!goes_to_fcm(who) && !goes_to_apns(who)) continue;
      ++(goes_to_fcm(who) ? to_fcm : to_apns);
      const auto made = render(goes_to_fcm(who) ? *fcm : *apns, *source, at);
      EXPECT_EQ(made.status, render_status::ok) << at << ": " << made.detail;
    }
  }
  EXPECT_GE(to_fcm, 5u);
  EXPECT_GE(to_apns, 5u);
}

}  // namespace
}  // namespace dispatch::testing
