// Every kind of push APNs knows, Live Activities and their channels.

#include "transport/providers/render/apns_push_type.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support.hpp"
#include "transport/providers/apns_adapter.hpp"

namespace dispatch::testing {
namespace {

constexpr auto device = R"({"platform":"ios","token":"00fc","vars":{"p":"5","score":"3:1"}})";
constexpr auto channel = R"({"platform":"ios","channel":"dHN0LXNyY2gtY2hubA=="})";

rendered push(const std::string& rest, const std::string& recipient = device) {
  const auto source = job_for(recipient, rest);
  if (!source) return {};
  return render(*make_apns_adapter({.topic = "com.duru.notes"}), *source);
}

/// A job of that type; `headers` are further ones, `more` further members of the job.
std::string of_type(const std::string& type, const std::string& headers = {}, const std::string& more = {}) {
  return R"("message":{},"overrides":{"apns":{"headers":{"apns-push-type":")" + type + '"' +
         (headers.empty() ? "" : ",") + headers + R"(},"payload":{"aps":{},"k":"v"}}})" + more;
}

struct expected_type {
  std::string name, topic, priority, expiration;
  bool has_dispatch_id;
};

TEST(apns_push_type, has_topic_priority_and_expiration_of_its_own) {
  const expected_type expected[] = {
      {"alert", "com.duru.notes", "10", "(none)", true},
      {"background", "com.duru.notes", "5", "(none)", true},
      {"location", "com.duru.notes.location-query", "10", "(none)", true},
      {"voip", "com.duru.notes.voip", "10", "0", true},
      {"complication", "com.duru.notes.complication", "10", "(none)", true},
      {"fileprovider", "com.duru.notes.pushkit.fileprovider", "10", "(none)", true},
      {"mdm", "com.duru.notes", "10", "(none)", false},
      {"pushtotalk", "com.duru.notes.voip-ptt", "10", "0", true},
      {"controls", "com.duru.notes.push-type.controls", "10", "(none)", false},
      {"widgets", "com.duru.notes.push-type.widgets", "10", "(none)", false},
  };
  EXPECT_EQ(std::size(expected) + 1, apns_push_types().size()) << "liveactivity has tests of its own";
  for (const auto& each : expected) {
    SCOPED_TRACE(each.name);
    const auto made = push(of_type(each.name, {}, R"(,"priority":"high")"));
    EXPECT_EQ(made.status, render_status::ok) << made.detail;
    EXPECT_EQ(header_of(made.request, "apns-push-type"), each.name);
    EXPECT_EQ(header_of(made.request, "apns-topic"), each.topic);
    EXPECT_EQ(header_of(made.request, "apns-priority"), each.priority);
    EXPECT_EQ(header_of(made.request, "apns-expiration"), each.expiration);
    EXPECT_EQ(made.request.body.find("dispatch_id") != std::string::npos, each.has_dispatch_id)
        << made.request.body;
    EXPECT_EQ(made.request.body.find("content-available") != std::string::npos, each.name == "background");
  }
}

TEST(apns_push_type, of_a_call_is_kept_as_long_as_the_job_says) {
  const auto made = push(of_type("voip", {}, R"(,"expires_at":1795438800)"));
  EXPECT_EQ(header_of(made.request, "apns-expiration"), "1795438800");
  EXPECT_EQ(header_of(push(of_type("pushtotalk", R"("apns-expiration":30)")).request, "apns-expiration"),
            "30");
}

TEST(apns_push_type, that_apns_does_not_know_fails_the_message) {
  for (const auto* type : {"Alert", "", "telepathy", "{{p}}"}) {
    const auto made = push(of_type(type));
    EXPECT_EQ(made.status, render_status::invalid_message) << type;
    EXPECT_EQ(made.detail, "overrides.apns.headers.apns-push-type is none that APNs knows");
  }
}

TEST(apns_push_type, is_found_however_the_header_is_written) {
  const auto made =
      push(R"("message":{"title":"Hi"},"overrides":{"apns":{"headers":{"Apns-Push-Type":"voip"}}})");
  EXPECT_EQ(header_of(made.request, "apns-topic"), "com.duru.notes.voip");
  const auto null =
      push(R"("message":{"title":"Hi"},"overrides":{"apns":{"headers":{"apns-push-type":null}}})");
  EXPECT_EQ(header_of(null.request, "apns-push-type"), "alert") << "watchOS needs one";
}

TEST(apns_push_type, background_takes_no_other_priority_than_5) {
  for (const auto* value : {R"("10")", "10", R"("1")", "null", R"("{{p}}")"}) {
    const auto made = push(of_type("background", "\"apns-priority\":" + std::string(value)));
    EXPECT_EQ(made.status, render_status::invalid_message) << value;
    EXPECT_EQ(made.detail, "overrides.apns.headers.apns-priority must be 5 with push type background");
  }
  EXPECT_EQ(push(of_type("background", R"("apns-priority":5)")).status, render_status::ok);
}

TEST(apns_push_type, alert_takes_the_priorities_there_are) {
  for (const auto* value : {"10", "5", "1", R"("{{p}}")"})
    EXPECT_EQ(push(of_type("alert", "\"apns-priority\":" + std::string(value))).status, render_status::ok)
        << value;
  EXPECT_EQ(push(of_type("alert", R"("apns-priority":"7")")).detail,
            "overrides.apns.headers.apns-priority must be 10, 5 or 1");
}

TEST(apns_push_type, category_is_the_payloads) {
  const auto made =
      push(R"("message":{"title":"Hi"},"overrides":{"apns":{"payload":{"aps":{"category":"INVITE"}}}})");
  EXPECT_EQ(made.request.body,
            with_key(R"({"aps":{"alert":{"title":"Hi"},"category":"INVITE"},"dispatch_id":"KEY"})"));
}

/// A Live Activity with these members of aps.
std::string activity(const std::string& aps, const std::string& message = "{}") {
  return "\"message\":" + message +
         R"(,"overrides":{"apns":{"headers":{"apns-push-type":"liveactivity"},"payload":{"aps":{)" + aps +
         "}}}}";
}

constexpr auto update = R"("timestamp":1795435200,"event":"update","content-state":{"score":"{{score}}"})";
constexpr auto begin = R"("timestamp":1795435200,"event":"start","content-state":{"score":"0:0"},)"
                       R"("attributes-type":"match","attributes":{"home":"A"})";

TEST(live_activity, is_updated_with_its_state_and_nothing_else) {
  const auto made = push(activity(update));
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  EXPECT_EQ(made.request.path, "/3/device/00fc");
  EXPECT_EQ(header_of(made.request, "apns-topic"), "com.duru.notes.push-type.liveactivity");
  EXPECT_EQ(made.request.body,
            R"({"aps":{"timestamp":1795435200,"event":"update","content-state":{"score":"3:1"}}})");
}

TEST(live_activity, has_its_sound_in_the_alert) {
  const auto made = push(activity(begin, R"({"title":"Kick-off","body":"A - B","sound":"whistle"})"));
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  EXPECT_EQ(
      made.request.body.find(R"({"aps":{"alert":{"title":"Kick-off","body":"A - B","sound":"whistle"},)"), 0u)
      << made.request.body;
}

TEST(live_activity, ends_with_or_without_a_last_state) {
  EXPECT_EQ(push(activity(R"("timestamp":1,"event":"end","dismissal-date":2)")).status, render_status::ok);
  EXPECT_EQ(push(activity(R"("timestamp":1,"event":"end","content-state":{},"stale-date":2)")).status,
            render_status::ok);
}

TEST(live_activity, is_refused_when_the_system_would_drop_it) {
  const std::pair<std::string, std::string> cases[] = {
      {R"("event":"update","content-state":{})", "liveactivity: aps.timestamp is required"},
      {R"("timestamp":"1","event":"update","content-state":{})",
       "liveactivity: aps.timestamp must be a whole number of seconds since the epoch"},
      {R"("timestamp":1.5,"event":"update","content-state":{})",
       "liveactivity: aps.timestamp must be a whole number of seconds since the epoch"},
      {R"("timestamp":1,"content-state":{})", "liveactivity: aps.event must be start, update or end"},
      {R"("timestamp":1,"event":"stop","content-state":{})",
       "liveactivity: aps.event must be start, update or end"},
      {R"("timestamp":1,"event":"update")", "liveactivity: aps.content-state is required"},
      {R"("timestamp":1,"event":"update","content-state":"x")",
       "liveactivity: aps.content-state must be an object"},
      {R"("timestamp":1,"event":"update","content-state":{},"stale-date":"soon")",
       "liveactivity: aps.stale-date must be a whole number of seconds since the epoch"},
      {R"("timestamp":1,"event":"end","dismissal-date":-1)",
       "liveactivity: aps.dismissal-date must be a whole number of seconds since the epoch"},
      {R"("timestamp":1,"event":"update","content-state":{},"dismissal-date":2)",
       "liveactivity: aps.dismissal-date goes with event end only"},
      {R"("timestamp":1,"event":"start","content-state":{},"attributes":{},"alert":"x")",
       "liveactivity: aps.attributes-type is required"},
      {R"("timestamp":1,"event":"start","content-state":{},"attributes-type":"","attributes":{},"alert":"x")",
       "liveactivity: aps.attributes-type must be a text"},
      {R"("timestamp":1,"event":"start","content-state":{},"attributes-type":"m","alert":"x")",
       "liveactivity: aps.attributes is required"},
      {R"("timestamp":1,"event":"start","content-state":{},"attributes-type":"m","attributes":{})",
       "liveactivity: aps.alert is required with event start (title and body)"},
  };
  for (const auto& [aps, why] : cases) {
    const auto made = push(activity(aps));
    EXPECT_EQ(made.status, render_status::invalid_message) << aps;
    EXPECT_EQ(made.detail, why) << aps;
  }
  EXPECT_EQ(push(R"("message":{},"overrides":{"apns":{"headers":{"apns-push-type":"liveactivity"}}})").detail,
            "liveactivity: aps.timestamp is required");
}

TEST(broadcast, goes_to_the_channel_of_the_app) {
  const auto made = push(activity(R"("timestamp":1,"event":"update","content-state":{})") +
                             R"(,"priority":"normal","collapse_key":"k","expires_at":1795438800)",
                         channel);
  EXPECT_EQ(made.status, render_status::ok) << made.detail;
  EXPECT_EQ(made.request.path, "/4/broadcasts/apps/com.duru.notes");
  const header_list expected{{"apns-request-id", key_text()},
                             {"apns-channel-id", "dHN0LXNyY2gtY2hubA=="},
                             {"apns-push-type", "liveactivity"},
                             {"apns-priority", "5"},
                             {"apns-expiration", "1795438800"}};
  EXPECT_EQ(made.request.own, expected);
}

TEST(broadcast, says_an_expiration_always) {
  const auto made = push(activity(R"("timestamp":1,"event":"end")"), channel);
  EXPECT_EQ(header_of(made.request, "apns-expiration"), "0");
}

TEST(broadcast, is_for_live_activities_that_run) {
  EXPECT_EQ(push(R"("message":{"title":"Hi"})", channel).detail,
            "a channel takes push type liveactivity only");
  const auto start = push(activity(begin, R"({"title":"Kick-off"})"), channel);
  EXPECT_EQ(start.status, render_status::invalid_message);
  EXPECT_EQ(start.detail, "a channel cannot start a Live Activity");
  EXPECT_EQ(push(activity(R"("timestamp":1)"), channel).detail,
            "liveactivity: aps.event must be start, update or end");
}

TEST(broadcast, may_have_5120_bytes_where_a_device_may_have_4096) {
  const auto of_size = [](std::size_t bytes) {
    const auto around =
        std::string(R"({"aps":{"timestamp":1,"event":"update","content-state":{"t":""}}})").size();
    return activity(R"("timestamp":1,"event":"update","content-state":{"t":")" +
                    std::string(bytes - around, 'x') + "\"}");
  };
  EXPECT_EQ(push(of_size(4096)).status, render_status::ok);
  EXPECT_EQ(push(of_size(4097)).status, render_status::payload_too_large);
  EXPECT_EQ(push(of_size(5120), channel).status, render_status::ok);
  EXPECT_EQ(push(of_size(5121), channel).detail, "5121 bytes of payload, 5120 allowed");
}

}  // namespace
}  // namespace dispatch::testing
